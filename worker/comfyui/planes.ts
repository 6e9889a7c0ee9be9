/**
 * The files between worker and ComfyUI on the chroma path: the grey planes of several photos as one PGM file, and the planes of
 * their a and b in another. Neither side spends time on them, and any program for pictures opens them. Pure.
 *
 * PGM (netpbm): `P5`, width, height and the largest value as text, then a byte for each pixel.
 */
import { InstanceFault } from '../photo/faults.ts';

const HEADER = /^P5\s(\d{1,6})\s(\d{1,8})\s255\s/;
/** Longer than any header that matches. */
const HEADER_BYTES = 40;

export const isPgm = (file: Uint8Array): boolean => file[0] === 0x50 && file[1] === 0x35;

/**
 * @param planes of size x size bytes each
 * @returns them as one picture, from top to bottom
 * @throws RangeError for a plane of another size
 */
export function stackPlanes(planes: readonly Uint8Array[], size: number): Buffer {
  for (const { length } of planes)
    if (length !== size * size)
      throw new RangeError(`a plane of ${length} bytes instead of ${size} x ${size}`);
  return Buffer.concat([Buffer.from(`P5\n${size} ${size * planes.length}\n255\n`), ...planes]);
}

/**
 * @param file of which each photo has two planes: a + 128, then b + 128
 * @returns for each photo its two planes, one after the other
 * @throws InstanceFault for a file that is not exactly that
 */
export function splitPlanes(file: Buffer, size: number, photos: number): Buffer[] {
  const match = HEADER.exec(file.toString('latin1', 0, HEADER_BYTES));
  if (!match) throw new InstanceFault('the workflow saved a file that is not an 8-bit PGM');
  const [header, width, height] = match;
  const pair = 2 * size * size;
  const wanted = `${size} x ${2 * size * photos}`;
  if (Number(width) !== size || Number(height) !== 2 * size * photos)
    throw new InstanceFault(`the workflow saved planes of ${width} x ${height} instead of ${wanted}`);
  const bytes = file.length - header.length;
  if (bytes !== pair * photos)
    throw new InstanceFault(`the workflow saved ${bytes} bytes of planes of ${wanted}`);
  return Array.from({ length: photos }, (_, k) =>
    file.subarray(header.length + k * pair, header.length + (k + 1) * pair),
  );
}
