/**
 * XIDs: errors that NVIDIA's driver reports in the kernel's log, some seconds before calls to CUDA fail.
 *
 * Source of the codes and of what they need: NVIDIA, "Xid Errors", https://docs.nvidia.com/deploy/xid-errors.
 */

/** Those after which the GPU needs a reset or is gone. Others (13, 31, 43, 45) are faults of a program. */
export const FATAL_XIDS: ReadonlyMap<number, string> = new Map([
  [48, 'uncorrectable ECC error'],
  [62, 'the GPU’s microcontroller has halted'],
  [64, 'a row of memory could not be replaced'],
  [74, 'NVLink error'],
  [79, 'the GPU has fallen off the bus'],
  [94, 'contained ECC error'],
  [95, 'uncontained ECC error'],
  [119, 'the GPU’s system processor does not answer'],
  [120, 'error of the GPU’s system processor'],
  [140, 'unrecovered ECC error'],
]);

export interface GpuError {
  xid: number;
  /** Why the instance must be replaced; undefined when it need not be. */
  fatal: string | undefined;
}

/** @returns undefined for a message of the kernel that reports no XID */
export function gpuErrorOf(message: string): GpuError | undefined {
  const [, digits] = /^NVRM: Xid \([^)]{0,100}\): (\d{1,4})\b/.exec(message) ?? [];
  if (digits === undefined) return undefined;
  const xid = Number(digits);
  return { xid, fatal: FATAL_XIDS.get(xid) };
}
