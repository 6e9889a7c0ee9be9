/**
 * Custom resource: a secret by which the gateway knows that a request came through the stage's CloudFront distribution.
 *
 * It is in the distribution's settings and nowhere else: the gateway has its digest. Made once; a new one is another resource.
 */
import { createHash, randomBytes } from 'node:crypto';
import { parseCustomResourceEvent, sendAnswer } from '../../common/custom-resource.ts';

const BYTES = 32;

/** Handles one event and sends the response to CloudFormation. */
export async function respond(event: unknown): Promise<void> {
  const request = parseCustomResourceEvent(event);
  const { RequestType, PhysicalResourceId } = request;
  if (RequestType === 'Delete') {
    return sendAnswer(request, { Status: 'SUCCESS', PhysicalResourceId: PhysicalResourceId ?? 'none' });
  }
  const secret = randomBytes(BYTES).toString('base64url');
  const digest = createHash('sha256').update(secret).digest('hex');
  return sendAnswer(request, {
    Status: 'SUCCESS',
    // It names the secret without giving it away.
    PhysicalResourceId: digest,
    Data: { Secret: secret, Digest: digest },
    NoEcho: true,
  });
}

export const handler = respond;
