/** Reads a photo's samples as they are stored: upright, and not converted to any other colours. */
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { PermanentFault } from '../photo/faults.ts';
import { COLOUR_BANDS, type Bands, type ColourModel } from './bands.ts';
import { MAX_BANDS } from './limits.ts';

export type Values = Uint8Array | Uint16Array;

/** Interleaved; the colour bands are the first ones from `first` on. */
export interface Samples {
  width: number;
  height: number;
  depth: 8 | 16;
  model: ColourModel;
  data: Values;
  /** Bands of a pixel in `data`. */
  stride: number;
  /** Index of the first colour. */
  first: number;
  /** Index of the opacity. */
  alpha: number | undefined;
  isAssociated: boolean;
}

type Decoded = Pick<Samples, 'width' | 'height' | 'data' | 'stride' | 'first'>;

/**
 * @param files the file, or one for each band
 * @throws PermanentFault when the decoder returns other bands than the file's head has
 */
export async function readSamples(
  files: readonly (() => Buffer)[],
  metadata: Metadata,
  bands: Bands,
  options: SharpOptions,
): Promise<Samples> {
  const { model, isAssociated } = bands;
  const depth = metadata.depth === 'ushort' ? 16 : 8;
  const kind = { depth, model, isAssociated } as const;
  if (files.length === 1) {
    const decoded = await decode(files[0]!(), metadata, options);
    const count = decoded.stride - decoded.first;
    if (count !== bands.count) throw mismatch(`${count} channels where its head has ${bands.count}`);
    const alpha = bands.alpha === undefined ? undefined : bands.alpha + decoded.first;
    return { ...kind, ...decoded, alpha };
  }
  const colours = COLOUR_BANDS[model];
  const stride = files.length;
  let joined: Samples | undefined;
  for (const [band, file] of files.entries()) {
    const { width, height, data, stride: one } = await decode(file(), metadata, options);
    joined ??= {
      ...kind,
      ...{ width, height, stride, first: 0, alpha: stride > colours ? colours : undefined },
      data: depth === 16 ? new Uint16Array(width * height * stride) : new Uint8Array(width * height * stride),
    };
    if (one !== 1 || data.length * stride !== joined.data.length) throw mismatch('bands of different sizes');
    for (let i = 0, p = band; i < data.length; i++, p += stride) joined.data[p] = data[i]!;
  }
  return joined!;
}

/** Colour spaces of libvips, each of which it decodes to itself. */
const OWN_SPACE: Record<string, string> = { 'b-w': 'b-w', grey16: 'grey16', rgb16: 'rgb16', cmyk: 'cmyk' };

async function decode(
  file: Buffer,
  { space, channels, depth, orientation = 1 }: Metadata,
  options: SharpOptions,
): Promise<Decoded> {
  const own = OWN_SPACE[space] ?? 'srgb';
  // Of several bands with a grey one first, sharp returns that alone; as RGB the grey comes three times, then the others.
  const isRepeated = own === 'b-w' && channels > 1;
  const first = isRepeated ? 2 : 0;
  const image = sharp(file, { ...options, ignoreIcc: true, limitInputChannels: MAX_BANDS });
  // Any other picture goes through 8 bits there.
  const pipeline = own === 'cmyk' ? image.pipelineColourspace('cmyk') : image;
  const upright = orientation === 1 ? pipeline : pipeline.autoOrient();
  const { data, info } = await upright
    .toColourspace(isRepeated ? 'srgb' : own)
    .raw({ depth: depth === 'ushort' ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels: stride } = info;
  const bytes = depth === 'ushort' ? 2 : 1;
  if (data.length !== width * height * stride * bytes)
    throw mismatch(`${data.length} bytes for ${width} x ${height} pixels of ${stride} channels`);
  const values = bytes === 2 ? shortsOf(data) : data;
  return { width, height, data: values, stride, first };
}

const shortsOf = ({ buffer, byteOffset, length }: Buffer) =>
  byteOffset % 2 === 0
    ? new Uint16Array(buffer, byteOffset, length / 2)
    : new Uint16Array(buffer.slice(byteOffset, byteOffset + length));

const mismatch = (found: string) =>
  new PermanentFault(
    'unsupported-format',
    `The photo stores its channels in an unusual way (${found}); send it as an ordinary TIFF or PNG file.`,
  );

/** @returns one band, by its index in a pixel */
export function bandOf({ data, stride }: Pick<Samples, 'data' | 'stride'>, band: number): Values {
  if (stride === 1) return data;
  const length = data.length / stride;
  const values = data instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
  for (let i = 0, p = band; i < length; i++, p += stride) values[i] = data[p]!;
  return values;
}

/** Divides the colours by their opacity, in place, where they are multiplied by it. */
export function separateAlpha({ data, stride, first, alpha, isAssociated, model, depth }: Samples): void {
  if (!isAssociated || alpha === undefined) return;
  const max = depth === 16 ? 65_535 : 255;
  const end = first + COLOUR_BANDS[model];
  for (let p = 0; p < data.length; p += stride) {
    const opacity = data[p + alpha]!;
    if (opacity === max || opacity === 0) continue;
    for (let k = p + first; k < p + end; k++) data[k] = Math.min(max, Math.round((data[k]! * max) / opacity));
  }
}

/** 8 bits of values of 16; they are returned as they are where they have no more. */
export function to8(values: Values): Uint8Array {
  if (!(values instanceof Uint16Array)) return values;
  // A loop: `from` goes through an iterator, at ten times the cost.
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(values[i]! / 257);
  return bytes;
}

/** Values of 16 bits, of values that may have 8. */
export function to16(values: Values): Uint16Array {
  if (values instanceof Uint16Array) return values;
  const deep = new Uint16Array(values.length);
  for (let i = 0; i < deep.length; i++) deep[i] = 257 * values[i]!;
  return deep;
}

/** @throws RangeError when a buffer does not hold a picture of that size */
export function checkSize(values: Values, width: number, height: number, channels: number): void {
  if (values.length !== width * height * channels)
    throw new RangeError(`${values.length} values for ${width} x ${height} pixels of ${channels} channels`);
}
