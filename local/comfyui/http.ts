/** HTTP bodies and responses, with the limits, types and texts of ComfyUI's web server. */
import type { IncomingMessage } from 'node:http';

export const MAX_BODY_BYTES = 104_857_600;

export interface HttpResponse {
  status: number;
  type?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

export const json = (body: unknown, status = 200): HttpResponse => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
});
export const empty = (status: number): HttpResponse => ({ status });
const text = (status: number, body: string): HttpResponse => ({
  status,
  type: 'text/plain; charset=utf-8',
  body,
});

export const NOT_FOUND: HttpResponse = { status: 404, type: 'application/octet-stream' };
export const INTERNAL_ERROR = text(500, '500 Internal Server Error\n\nServer got itself in trouble');
const TOO_LARGE = text(413, `Maximum request body size ${MAX_BODY_BYTES} exceeded.`);

/** Thrown with the response to send. */
export class HttpError extends Error {
  constructor(readonly response: HttpResponse) {
    super(`HTTP ${response.status}`);
  }
}

/** @throws HttpError for a body over 100 MiB */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and dropped, so that the client reads the response.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) throw new HttpError(TOO_LARGE);
  return Buffer.concat(chunks);
}

/** @throws HttpError with status 500 for a body that is not JSON, as ComfyUI responds */
export function parseJson(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString()) as Record<string, unknown>;
  } catch {
    throw new HttpError(INTERNAL_ERROR);
  }
}

export function parseForm(request: IncomingMessage, body: Buffer): Promise<FormData> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  return new Response(new Uint8Array(body), { headers }).formData().catch(() => {
    throw new HttpError(INTERNAL_ERROR);
  });
}
