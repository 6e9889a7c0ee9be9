/** Requests of a stage behind CloudFront: those that came another way are refused, and the caller is the viewer. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ORIGIN_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from '../../contract/edge.ts';
import { ProblemError } from './problems.ts';
import type { Request } from './request.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/**
 * @param digests of the accepted secrets, hexadecimal; empty: the stage has no CloudFront
 * @returns the request with the viewer's address as its source
 * @throws ProblemError `not-found` for a request beside CloudFront, as for an address that does not exist
 */
export function throughCdn(request: Request, digests: readonly string[] = []): Request {
  if (digests.length === 0) return request;
  const { headers, identity } = request;
  const given = sha256(headers[ORIGIN_SECRET_HEADER] ?? '');
  if (!digests.some((digest) => timingSafeEqual(Buffer.from(digest, 'hex'), given)))
    throw new ProblemError('not-found', 'No resource at this address.');
  // CloudFront's own function sets it, and replaces one that the viewer has sent. Files of the page have none.
  const sourceIp = headers[VIEWER_ADDRESS_HEADER] ?? identity.sourceIp;
  return { ...request, identity: { ...identity, sourceIp } };
}
