/** Results of 16 bits, as tests compare them with their photos. */
import sharp from 'sharp';
import { encoded, linear } from '../../../colour/srgb.ts';

interface Pixels16 {
  values: Uint16Array;
  channels: number;
}

/** As they are stored. */
export async function pixelsOf(file: Buffer): Promise<Pixels16> {
  const { data, info } = await sharp(file, { ignoreIcc: true })
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  return { values: new Uint16Array(data.buffer, data.byteOffset, data.length / 2), channels: info.channels };
}

/** The grey of the same luminance for each pixel, from 0 to 65,535. */
export function lightnessOf({ values, channels }: Pixels16): number[] {
  const light = (p: number) => linear(values[p]! / 65_535);
  return Array.from({ length: values.length / channels }, (_, i) => {
    const p = i * channels;
    return 65_535 * encoded(0.2126 * light(p) + 0.7152 * light(p + 1) + 0.0722 * light(p + 2));
  });
}

/** The largest difference from what is wanted. */
export const largest = (values: number[], wanted: ArrayLike<number>) =>
  values.reduce((most, one, i) => Math.max(most, Math.abs(one - wanted[i]!)), 0);
