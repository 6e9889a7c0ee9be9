/** An HTTP response, read once. */
export interface ReceivedResponse {
  status: number;
  /** As text; empty when the body cannot be read. */
  body: string;
  retryAfterSeconds?: number;
}

/** A quota of the service is over within a day. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** `Retry-After` in seconds, from a number of seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - nowMs) / 1000;
  return Number.isFinite(seconds) ? Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(0, seconds)) : undefined;
}

/** Longest answer that is read; one of the API has about 3 kB, most of it links. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Reads the first {@link MAX_ANSWER_BYTES} of a response. */
export async function readResponse(response: Response, nowMs: number): Promise<ReceivedResponse> {
  const body = await readBytes(response, MAX_ANSWER_BYTES)
    .then(([chunks]) => new Blob(chunks).text())
    .catch(() => '');
  return { status: response.status, body, retryAfterSeconds: retryAfter(response.headers, nowMs) };
}

/**
 * Reads a body and cancels the rest beyond a limit, which a service may send without an end.
 *
 * @param onBytes called for each part of the body
 * @returns at most `maxBytes`, and whether the body had more
 */
export async function readBytes(
  { body }: Response,
  maxBytes: number,
  onBytes?: () => void,
): Promise<[chunks: Uint8Array<ArrayBuffer>[], isLonger: boolean]> {
  const reader = body?.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let left = maxBytes; reader;) {
    const { done, value } = await reader.read();
    if (done) break;
    onBytes?.();
    chunks.push(value.subarray(0, left));
    left -= value.length;
    if (left >= 0) continue;
    await reader.cancel();
    return [chunks, true];
  }
  return [chunks, false];
}

/** @returns the fields of a JSON object; none for anything else */
export function parseJsonObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return asObject(value);
  } catch {
    return {};
  }
}

export const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
