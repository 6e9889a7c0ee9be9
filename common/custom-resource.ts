/**
 * Events of custom resources, and the answers to CloudFormation.
 *
 * Gotcha: CloudFormation waits up to an hour for a response at the event's URL, after a failure too. So this always responds.
 */
import { z } from 'zod';

const eventSchema = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  /** Of each request but the first. */
  PhysicalResourceId: z.string().optional(),
  ResourceProperties: z.unknown(),
});

export type CustomResourceEvent = z.infer<typeof eventSchema>;

export interface Answer {
  Status: 'SUCCESS' | 'FAILED';
  Reason?: string;
  PhysicalResourceId: string;
  /** Attributes of the resource. */
  Data?: Record<string, string>;
  /** Whether CloudFormation hides the attributes in what it shows. */
  NoEcho?: boolean;
}

/** @throws ZodError if it is no event of a custom resource */
export const parseCustomResourceEvent = (event: unknown): CustomResourceEvent => eventSchema.parse(event);

/** @throws Error when CloudFormation does not take the answer */
export async function sendAnswer(
  { ResponseURL, StackId, RequestId, LogicalResourceId }: CustomResourceEvent,
  answer: Answer,
): Promise<void> {
  const body = JSON.stringify({ Reason: '', ...answer, StackId, RequestId, LogicalResourceId });
  const response = await fetch(ResponseURL, { method: 'PUT', body, headers: { 'content-type': '' } });
  if (!response.ok) throw new Error(`CloudFormation rejected the response: HTTP ${response.status}`);
}
