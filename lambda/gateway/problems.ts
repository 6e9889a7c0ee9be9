/** Refusals: what the API says no with, as RFC 9457 has it. */
import type { Problem } from '../../contract/photo-api.ts';
import type { ProblemCode } from '../../contract/photo-types.ts';

/** Codes that this function itself says; the others are S3's and API Gateway's, which clients put into the same words. */
const PROBLEMS = {
  'bad-request': [400, 'The request cannot be understood'],
  'unsupported-type': [415, 'This type is not taken'],
  'too-large': [413, 'Too large'],
  'no-chroma': [422, 'No chroma here'],
  unauthorized: [401, 'Not signed in'],
  'not-found': [404, 'There is no such photo'],
  'method-not-allowed': [405, 'Not this method'],
  'hourly-quota-exceeded': [429, 'Too many photos from here'],
  'daily-quota-exceeded': [429, 'Enough photos for today'],
  unavailable: [503, 'Not available for now'],
} as const satisfies Partial<Record<ProblemCode, readonly [status: number, title: string]>>;

export type GatewayProblemCode = keyof typeof PROBLEMS;

export class ProblemError extends Error {
  /**
   * @param detail for people: the value given and what is allowed
   * @param retryAfterSeconds when it is worth trying again
   */
  constructor(
    readonly code: GatewayProblemCode,
    detail: string,
    readonly retryAfterSeconds?: number,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }

  problem(): Problem {
    const [status, title] = PROBLEMS[this.code];
    return { type: 'about:blank', title, status, detail: this.message, code: this.code };
  }
}
