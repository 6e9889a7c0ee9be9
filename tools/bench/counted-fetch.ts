/** A fetch that notes every answer: what it was for, its status, and how long it took to come whole. */

/** What clients ask for. */
export const KINDS = ['create', 'put', 'status', 'download'] as const;
export type RequestKind = (typeof KINDS)[number];

export interface HttpAnswer {
  kind: RequestKind;
  /** Of HTTP; 0 where none came. */
  status: number;
  /** Until its last byte. */
  ms: number;
  /** Why none came; what a server says that failed. */
  reason?: string;
}

/** Most that is kept of what a failing server says. */
const REASON_LENGTH = 200;

/** What a network error is about is in its causes. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${reasonOf(cause)}` : message;
}

/**
 * @param note gets each answer
 * @param own the caller's own end of it all: what that cuts off is nobody's answer
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
