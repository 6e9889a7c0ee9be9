/** Custom resource: suspends processes of an Auto Scaling group, and resumes them when the resource is deleted. */
import {
  AutoScalingClient,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { z } from 'zod';
import { parseCustomResourceEvent, sendAnswer, type Answer } from '../../common/custom-resource.ts';

const propertiesSchema = z.object({ GroupName: z.string(), Processes: z.array(z.string()).min(1) });

export interface Processes {
  suspend(groupName: string, processes: string[]): Promise<unknown>;
  resume(groupName: string, processes: string[]): Promise<unknown>;
}

/** Handles one event and sends the response to CloudFormation. */
export async function respond(event: unknown, group: Processes): Promise<void> {
  const request = parseCustomResourceEvent(event);
  const { RequestType, ResourceProperties } = request;
  const { GroupName, Processes: processes } = propertiesSchema.parse(ResourceProperties);
  let Status: Answer['Status'] = 'SUCCESS';
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
  await sendAnswer(request, { Status, Reason, PhysicalResourceId: `${GroupName}-suspended-processes` });
}

const autoScaling = new AutoScalingClient();
const group: Processes = {
  suspend: (AutoScalingGroupName, ScalingProcesses) =>
    autoScaling.send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses })),
  resume: (AutoScalingGroupName, ScalingProcesses) =>
    autoScaling.send(new ResumeProcessesCommand({ AutoScalingGroupName, ScalingProcesses })),
};

export const handler = (event: unknown): Promise<void> => respond(event, group);
