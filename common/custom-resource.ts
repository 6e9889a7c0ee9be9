/**
 * Events of custom resources, and the answers to CloudFormation. Without a library: it is in the bundle of each such function.
 *
 * Gotcha: CloudFormation waits up to an hour for a response at the event's URL, after a failure too. So this always responds.
 */

const REQUESTS = ['Create', 'Update', 'Delete'] as const;
const TEXTS = ['ResponseURL', 'StackId', 'RequestId', 'LogicalResourceId'] as const;

export interface CustomResourceEvent extends Record<(typeof TEXTS)[number], string> {
  RequestType: (typeof REQUESTS)[number];
  /** Of each request but the first. */
  PhysicalResourceId?: string;
  ResourceProperties?: unknown;
}

export interface Answer {
  Status: 'SUCCESS' | 'FAILED';
  Reason?: string;
  PhysicalResourceId: string;
  /** Attributes of the resource. */
  Data?: Record<string, string>;
  /** Whether CloudFormation hides the attributes in what it shows. */
  NoEcho?: boolean;
}

/** @throws TypeError that names the first field that no event of a custom resource has so */
export function parseCustomResourceEvent(event: unknown): CustomResourceEvent {
  const given = (typeof event === 'object' && event !== null ? event : {}) as Record<string, unknown>;
  const wrong = (field: string) =>
    new TypeError(`no event of a custom resource: ${field} is ${JSON.stringify(given[field])}`);
  if (!REQUESTS.some((one) => one === given.RequestType)) throw wrong('RequestType');
  for (const field of TEXTS) if (typeof given[field] !== 'string') throw wrong(field);
  if (!URL.canParse(given.ResponseURL as string)) throw wrong('ResponseURL');
  const { PhysicalResourceId } = given;
  if (PhysicalResourceId !== undefined && typeof PhysicalResourceId !== 'string')
    throw wrong('PhysicalResourceId');
  return given as unknown as CustomResourceEvent;
}

/** @throws Error when CloudFormation does not take the answer */
export async function sendAnswer(
  { ResponseURL, StackId, RequestId, LogicalResourceId }: CustomResourceEvent,
  answer: Answer,
): Promise<void> {
  const body = JSON.stringify({ Reason: '', ...answer, StackId, RequestId, LogicalResourceId });
  const response = await fetch(ResponseURL, { method: 'PUT', body, headers: { 'content-type': '' } });
  if (!response.ok) throw new Error(`CloudFormation rejected the response: HTTP ${response.status}`);
}
