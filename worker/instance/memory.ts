/** How much of a machine's memory photos may take. */

/** Memory of a pixel at its peak, buffers of encoders included, and the share of the memory for all photos. */
const BYTES_PER_PIXEL = 12;
const MEMORY_SHARE = 0.25;
/** Share for files; the worker's unit has 60 %. */
const FILE_SHARE = 0.3;

/** @param bytes of memory of this machine */
export const memoryLimits = (bytes: number): { megapixels: number; fileBytes: number } => ({
  megapixels: (MEMORY_SHARE * bytes) / BYTES_PER_PIXEL / 1e6,
  fileBytes: FILE_SHARE * bytes,
});
