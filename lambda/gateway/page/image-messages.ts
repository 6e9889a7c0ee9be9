/** What the page and its worker thread say to each other. */
import type { BrowserCode } from './texts.ts';

export type ImageRequest =
  /** Whether this browser gives pages the pixels that are there. */
  | { kind: 'check' }
  /** A small grey copy for the service, and a picture to show. */
  | { kind: 'prepare'; file: Blob; size: number }
  /** The photo with the service's colours. */
  | { kind: 'finish'; file: Blob; chroma: Blob }
  /** A picture to show. */
  | { kind: 'preview'; file: Blob };

export interface ImageResults {
  check: boolean;
  prepare: { grey: Blob; preview: Blob };
  finish: { result: Blob; preview: Blob };
  preview: Blob;
}

export type RequestMessage = ImageRequest & { id: number };
export type ReplyMessage = { id: number } & (
  { value: ImageResults[keyof ImageResults] } | { code: BrowserCode }
);

/** Why the browser could not do its part. */
export class BrowserError extends Error {
  constructor(
    readonly code: BrowserCode,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}
