/** A fetch that records every response: kind of request, status and duration. */

/** Kinds of requests of a client. */
export const KINDS = ['create', 'put', 'status', 'download'] as const;
export type RequestKind = (typeof KINDS)[number];

export interface HttpAnswer {
  kind: RequestKind;
  /** HTTP status; 0 without a response. */
  status: number;
  /** Milliseconds until the last byte. */
  ms: number;
  /** Network error, or the body of a 5xx response. */
  reason?: string;
}

/** Bytes of a 5xx body that are kept. */
const REASON_LENGTH = 200;

/** Message of an error and its causes; fetch has the network error in `cause`. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${reasonOf(cause)}` : message;
}

/**
 * @param note called with each response
 * @param own abort signal of the caller; requests that it aborts are not recorded
 * @returns a fetch for requests of one kind
 */
export const countedFetch =
  (note: (answer: HttpAnswer) => void, own: AbortSignal) =>
  (kindOf: (init: RequestInit | undefined) => RequestKind): typeof fetch =>
  async (input, init) => {
    const kind = kindOf(init);
    const startMs = performance.now();
    const took = () => performance.now() - startMs;
    try {
      const response = await fetch(input, init);
      const body = await response.arrayBuffer();
      const { status, headers } = response;
      const reason = status >= 500 ? new TextDecoder().decode(body.slice(0, REASON_LENGTH)) : undefined;
      note({ kind, status, ms: took(), reason });
      return new Response(body.byteLength > 0 ? body : null, { status, headers });
    } catch (error) {
      if (!own.aborted) note({ kind, status: 0, ms: took(), reason: reasonOf(error) });
      throw error;
    }
  };
