/**
 * What one request to an image process may use. Ordinary photos use a sixth of it at most; a file that exceeds it was made to.
 */

/** Limits of one request. */
export interface RequestLimits {
  /** Of all threads of the process. */
  cpuSeconds: number;
  /** For what waits without computing; a busy ComfyUI leaves the worker a tenth of the processors. */
  seconds: number;
  /** Growth of the process's resident memory. */
  bytes: number;
}

const HEAD_CPU_SECONDS = 1.5;
const DECODE_CPU_SECONDS = 0.3;
const ENCODE_CPU_SECONDS = 1.5;
const OTHER_BYTES = 400e6;
const PEAK_BYTES_PER_PIXEL = 24;

const limits = (cpuSeconds: number, megapixels: number): RequestLimits => ({
  cpuSeconds,
  seconds: 60 + 10 * cpuSeconds,
  bytes: OTHER_BYTES + PEAK_BYTES_PER_PIXEL * megapixels * 1e6,
});

/** To read a file's head. */
export const headLimits = (): RequestLimits => limits(HEAD_CPU_SECONDS, 0);

/** To decode a photo and make its upload. @param megapixels of the photo */
export const prepareLimits = (megapixels: number): RequestLimits =>
  limits(HEAD_CPU_SECONDS + DECODE_CPU_SECONDS * megapixels, megapixels);

/** To merge and encode. @param megapixels of the result */
export const finishLimits = (megapixels: number): RequestLimits =>
  limits(2 * HEAD_CPU_SECONDS + ENCODE_CPU_SECONDS * megapixels, megapixels);

/** Four channels of 16 bits: no picture within the pixel limit needs more, apart from metadata and other parts. */
const BYTES_PER_PIXEL = 8;
const OTHER_FILE_BYTES = 32e6;

/** Bytes of the largest file with that many pixels. */
export const maxFileBytes = (megapixels: number): number =>
  megapixels * 1e6 * BYTES_PER_PIXEL + OTHER_FILE_BYTES;
