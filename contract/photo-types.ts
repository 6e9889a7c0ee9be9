/** Plain values of the API, also for browsers: no schema library here. */

/** Content types that the API accepts. */
export const PHOTO_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/tiff', 'image/avif'] as const;
export type PhotoType = (typeof PHOTO_TYPES)[number];

/** By file extension in lowercase; the first one of a type is used for results. */
export const TYPE_OF_EXTENSION: Readonly<Record<string, PhotoType>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  jpe: 'image/jpeg',
  jfif: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  avif: 'image/avif',
};

/**
 * Kind of result: `photo`, the photo in colour; or `chroma`, only its colours, for a client that merges them itself.
 * A chroma is a square PNG with the side at which the workflow computes colours: Lab's a + 128 as red, b + 128 as green.
 */
export const OUTPUTS = ['photo', 'chroma'] as const;
export type Output = (typeof OUTPUTS)[number];

/** S3 metadata of a photo (`x-amz-meta-output`) with its output. @default `photo` */
export const OUTPUT_METADATA = 'output';

/**
 * What becomes of a photo that is in colour already: it is coloured anew, by its lightness alone, or it fails with the code
 * `already-coloured`. A photo in tones of one colour, such as sepia, is not in colour.
 */
export const COLOURED_PHOTOS = ['recolour', 'refuse'] as const;
export type ColouredPhotos = (typeof COLOURED_PHOTOS)[number];

/** S3 metadata of a photo with that choice. @default `recolour` */
export const COLOURED_PHOTOS_METADATA = 'coloured-photos';

/** What an outcome says of a photo that has a result. */
export const REMARKS = [
  /** The file has more pages or frames; the result is the first of them. */
  'first-of-several',
  /** The photo is black, white or nearly so wherever the network looks: its result is the photo itself, without colour. */
  'no-room-for-colour',
  /** Some of the file's metadata is damaged or too large, and the result does not have it. */
  'metadata-incomplete',
] as const;
export type Remark = (typeof REMARKS)[number];

/** S3 metadata of a result with its remarks, separated by commas. @default none */
export const REMARKS_METADATA = 'remarks';

/** Those that this version knows. */
export const remarksIn = (text: string | undefined): Remark[] => {
  const names = (text ?? '').split(',');
  return REMARKS.filter((remark) => names.includes(remark));
};

/** What a deletion found: no outcome yet, or one. */
export const DELETED_STATUSES = ['cancelled', 'deleted'] as const;
export type DeletedStatus = (typeof DELETED_STATUSES)[number];

/** Values of a problem's `code`; errors of S3 and API Gateway are mapped to them by the client. */
export const PROBLEM_CODES = [
  /** The request does not match the OpenAPI document. */
  'bad-request',
  /** Not one of {@link PHOTO_TYPES}, or a body that is not JSON. */
  'unsupported-type',
  /** More bytes than the stage accepts. */
  'too-large',
  /** The workflow has no chroma output. */
  'no-chroma',
  /** The workflow has no such option, or not with this value. */
  'bad-option',
  /** The stage has no bulk lane. */
  'no-bulk-lane',
  /** No token or signature, or an invalid one. */
  'unauthorized',
  /** There is no such photo, or it belongs to another caller. */
  'not-found',
  'method-not-allowed',
  /** Of this caller. */
  'hourly-quota-exceeded',
  /** Of all callers of the stage. */
  'daily-quota-exceeded',
  /** Request rate above the limit of API Gateway. */
  'too-busy',
  'link-expired',
  /** A photo has already been stored by this link. */
  'link-used',
  /** The upload has another size, type or key than the link was signed for. */
  'link-mismatch',
  /** Of the client: an answer, a link or a result of the service that it must not use. */
  'untrusted-answer',
  /** The service failed; try again later. */
  'unavailable',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];
