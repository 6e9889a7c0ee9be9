/**
 * Custom resource: suspends processes of an Auto Scaling group, and resumes them when the resource is deleted.
 *
 * Gotcha: CloudFormation waits up to an hour for a response at the event's URL, after a failure too. So this always
 * responds.
 */
import {
  AutoScalingClient,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { z } from 'zod';

const eventSchema = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  ResourceProperties: z.object({ GroupName: z.string(), Processes: z.array(z.string()).min(1) }),
});

export interface Processes {
  suspend(groupName: string, processes: string[]): Promise<unknown>;
  resume(groupName: string, processes: string[]): Promise<unknown>;
}

/** Handles one event and sends the response to CloudFormation. */
export async function respond(event: unknown, group: Processes): Promise<void> {
  const { RequestType, ResponseURL, StackId, RequestId, LogicalResourceId, ResourceProperties } =
    eventSchema.parse(event);
  const { GroupName, Processes: processes } = ResourceProperties;
  let Status = 'SUCCESS';
  let Reason = '';
  try {
    if (RequestType === 'Delete') await group.resume(GroupName, processes);
    else await group.suspend(GroupName, processes);
  } catch (error) {
    Reason = error instanceof Error ? error.message : String(error);
    // The group may be deleted already, and that must not block the deletion of the stack.
    if (RequestType !== 'Delete') Status = 'FAILED';
    console.error(
      JSON.stringify({ message: 'request-failed', request: RequestType, group: GroupName, error: Reason }),
    );
  }
  const PhysicalResourceId = `${GroupName}-suspended-processes`;
  const body = JSON.stringify({ Status, Reason, PhysicalResourceId, StackId, RequestId, LogicalResourceId });
  const response = await fetch(ResponseURL, { method: 'PUT', body, headers: { 'content-type': '' } });
  if (!response.ok) throw new Error(`CloudFormation rejected the response: HTTP ${response.status}`);
}

const autoScaling = new AutoScalingClient();
const group: Processes = {
  suspend: (AutoScalingGroupName, ScalingProcesses) =>
    autoScaling.send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses })),
  resume: (AutoScalingGroupName, ScalingProcesses) =>
    autoScaling.send(new ResumeProcessesCommand({ AutoScalingGroupName, ScalingProcesses })),
};

export const handler = (event: unknown): Promise<void> => respond(event, group);
