/** Problems that the API returns, RFC 9457. */
import type { Problem } from '../../contract/photo-api.ts';
import type { ProblemCode } from '../../contract/photo-types.ts';

/** Codes that this function returns; the others come from S3 and API Gateway. */
const PROBLEMS = {
  'bad-request': [400, 'Bad Request'],
  'unsupported-type': [415, 'Unsupported Media Type'],
  'too-large': [413, 'Content Too Large'],
  'no-chroma': [422, 'No Chroma Output'],
  'bad-option': [422, 'Bad Option'],
  'no-bulk-lane': [422, 'No Bulk Lane'],
  unauthorized: [401, 'Unauthorized'],
  'not-found': [404, 'Not Found'],
  'method-not-allowed': [405, 'Method Not Allowed'],
  'hourly-quota-exceeded': [429, 'Hourly quota exceeded'],
  'daily-quota-exceeded': [429, 'Daily quota exceeded'],
  unavailable: [503, 'Service Unavailable'],
} as const satisfies Partial<Record<ProblemCode, readonly [status: number, title: string]>>;

export type GatewayProblemCode = keyof typeof PROBLEMS;

export class ProblemError extends Error {
  /** @param detail human-readable: the value received and the values allowed */
  constructor(
    readonly code: GatewayProblemCode,
    detail: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(detail);
  }

  problem(): Problem {
    const [status, title] = PROBLEMS[this.code];
    return { type: 'about:blank', title, status, detail: this.message, code: this.code };
  }
}
