/** An HTTP response, read once. */
export interface ReceivedResponse {
  status: number;
  /** As text; empty when the body cannot be read. */
  body: string;
  retryAfterSeconds?: number;
}

/** `Retry-After` in seconds, from a number of seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - nowMs) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

export async function readResponse(response: Response, nowMs: number): Promise<ReceivedResponse> {
  const body = await response.text().catch(() => '');
  return { status: response.status, body, retryAfterSeconds: retryAfter(response.headers, nowMs) };
}

/** @returns the object of a JSON text; an empty object for anything else */
export function parseJsonObject(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
