/** Plain values of the API that browsers have too: no schema library here. */

/** Content types that are taken, as the API and S3 name them. */
export const PHOTO_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/tiff'] as const;
export type PhotoType = (typeof PHOTO_TYPES)[number];

/**
 * What a photo becomes: itself in colour; or `chroma`, the colours alone, for whoever has kept the photo and merges them.
 * A chroma is a PNG, square, of the side that the workflow computes colours at: Lab's a + 128 as red, b + 128 as green.
 */
export const OUTPUTS = ['photo', 'chroma'] as const;
export type Output = (typeof OUTPUTS)[number];

/** Metadata of a photo (`x-amz-meta-output`) that says which; without it, `photo`. */
export const OUTPUT_METADATA = 'output';

/** Why the API, or S3 or API Gateway in its stead, refuses. Values of a problem's `code`. */
export const PROBLEM_CODES = [
  /** The request is not what the document of the API asks for. */
  'bad-request',
  /** Not a type of {@link PHOTO_TYPES}, or a body that is no JSON. */
  'unsupported-type',
  /** More bytes than the stage takes. */
  'too-large',
  /** A workflow that gives no chroma. */
  'no-chroma',
  /** No token or signature, or one that is not accepted. */
  'unauthorized',
  /** There is no such photo, or it is somebody else's. */
  'not-found',
  'method-not-allowed',
  /** This caller has sent as many photos as it may for now. */
  'hourly-quota-exceeded',
  /** All callers together have sent as many photos as they may today. */
  'daily-quota-exceeded',
  /** More requests in a moment than the stage answers. */
  'too-busy',
  /** The link's time is over. */
  'link-expired',
  /** A photo was stored by this link already. */
  'link-used',
  /** What was sent is not what the link is for: another size, type or address. */
  'link-mismatch',
  /** Something on our side; worth trying again. */
  'unavailable',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];
