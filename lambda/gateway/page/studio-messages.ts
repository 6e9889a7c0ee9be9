/** What the page and its worker thread say to each other. */
import type { HereCode } from './words.ts';

export type Task =
  /** Whether this browser gives pages the pixels that are there. */
  | { kind: 'check' }
  /** A small grey copy for the service, and a picture to show. */
  | { kind: 'prepare'; file: Blob; size: number }
  /** The photo with the service's colours. */
  | { kind: 'finish'; file: Blob; chroma: Blob }
  /** A picture to show. */
  | { kind: 'preview'; file: Blob };

export interface Results {
  check: boolean;
  prepare: { grey: Blob; preview: Blob };
  finish: { result: Blob; preview: Blob };
  preview: Blob;
}

export type Asked = Task & { id: number };
export type Told = { id: number } & ({ value: Results[keyof Results] } | { code: HereCode });

/** Why the browser could not do its part. */
export class HereError extends Error {
  constructor(
    readonly code: HereCode,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}
