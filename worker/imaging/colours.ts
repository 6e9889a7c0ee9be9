/** The colours of a result, to compare them with those of the canary. */
import sharp from 'sharp';
import { abOf } from '../../colour/chroma.ts';
import { CELLS, type Canary } from '../comfyui/canary.ts';

const rounded = (value: number) => Math.round(value * 10) / 10;

/** @returns the colours of a result of any size */
export async function coloursOf(result: Buffer): Promise<Canary> {
  const data = await sharp(result)
    .removeAlpha()
    .toColourspace('srgb')
    .resize(CELLS, CELLS, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  const cells = Array.from({ length: CELLS * CELLS }, (_, k): [number, number] => {
    const [a, b] = abOf(data[3 * k]!, data[3 * k + 1]!, data[3 * k + 2]!);
    return [rounded(a), rounded(b)];
  });
  return { cells };
}
