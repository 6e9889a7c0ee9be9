/** Messages between the page and its image worker thread. */
import type { BrowserCode } from './texts.ts';

export type ImageRequest =
  /** Whether this browser gives pages true pixels. */
  | { kind: 'check' }
  /** A grey copy for the service, and a preview. */
  | { kind: 'prepare'; file: Blob; size: number }
  /** The photo with the colours of a chroma, and a preview. `strength` in percent, 100 by default. */
  | { kind: 'merge'; file: Blob; chroma: Blob; strength?: number }
  /** A small copy with a part of those colours, as a preview. */
  | { kind: 'tint'; file: Blob; chroma: Blob; strength: number }
  | { kind: 'preview'; file: Blob };

export interface ImageResults {
  check: boolean;
  prepare: { grey: Blob; preview: Blob };
  merge: { result: Blob; preview: Blob };
  preview: Blob;
  tint: Blob;
}

export type RequestMessage = ImageRequest & { id: number };
export type ReplyMessage = { id: number } & (
  | { value: ImageResults[keyof ImageResults] }
  | { code: BrowserCode }
);

/** The page or its image worker cannot process a file. */
export class BrowserError extends Error {
  constructor(
    readonly code: BrowserCode,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}
