/** What came back, read once. */
export interface ReceivedResponse {
  status: number;
  /** As text; empty where it cannot be read. */
  body: string;
  retryAfterSeconds?: number;
}

/** `Retry-After`: seconds, or a date. */
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

/** The object of a JSON text; an empty one for anything else. */
export function parseJsonObject(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
