/** A photo's samples as a grey picture of the same luminance, and as colours, in sRGB. */
import { LINEAR } from '../../colour/chroma.ts';
import { encoded16, lightness16, tables16 } from '../../colour/depth16.ts';
import { encoded8, lightness, WEIGHTS } from '../../colour/lightness.ts';
import { convertBy, type Conversion } from './conversion.ts';
import { labTables, linearOfLab } from './lab.ts';
import { bandOf, to8, type Samples, type Values } from './samples.ts';

export interface Tones {
  /** Of the samples' depth. */
  grey: Values;
  /** Of 8 bits, interleaved; where it is asked for. */
  rgb: Uint8Array | undefined;
}

/**
 * @param keepColours whether `rgb` is needed
 * @returns undefined where the conversion's profile cannot be used
 */
export async function tonesOf(
  samples: Samples,
  conversion: Conversion,
  keepColours: boolean,
): Promise<Tones | undefined> {
  const { model, data, stride, first } = samples;
  if (model === 'lab' || model === 'icc-lab') return ofLab(samples, keepColours);
  switch (conversion.kind) {
    case 'none':
      return model === 'grey'
        ? ofGrey(bandOf(samples, first), keepColours)
        : ofColours(data, stride, keepColours);
    case 'curve': {
      const band = bandOf(samples, first);
      return ofGrey(
        band.map((value) => conversion.stored[value]!),
        keepColours,
      );
    }
    case 'matrix':
      return throughMatrix(samples, conversion.bands, keepColours);
    case 'profile':
      return throughProfile(samples, conversion.icc, keepColours);
  }
}

function ofGrey(grey: Values, keepColours: boolean): Tones {
  if (!keepColours) return { grey, rgb: undefined };
  const bytes = to8(grey);
  const rgb = new Uint8Array(3 * bytes.length);
  for (let i = 0, p = 0; i < bytes.length; i++, p += 3) rgb.fill(bytes[i]!, p, p + 3);
  return { grey, rgb };
}

function ofColours(data: Values, stride: number, keepColours: boolean): Tones {
  const grey = data instanceof Uint16Array ? lightness16(data, stride) : lightness(data, stride);
  if (!keepColours) return { grey, rgb: undefined };
  const bytes = to8(data);
  if (stride === 3) return { grey, rgb: bytes };
  const rgb = new Uint8Array(3 * grey.length);
  for (let i = 0, p = 0; i < rgb.length; i += 3, p += stride) {
    rgb[i] = bytes[p]!;
    rgb[i + 1] = bytes[p + 1]!;
    rgb[i + 2] = bytes[p + 2]!;
  }
  return { grey, rgb };
}

const [RED, GREEN, BLUE] = WEIGHTS;

/** Tones of a picture that is converted pixel by pixel. */
class Writer implements Tones {
  readonly grey: Values;
  readonly rgb: Uint8Array | undefined;

  constructor({ width, height, depth }: Samples, keepColours: boolean) {
    const count = width * height;
    this.grey = depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
    this.rgb = keepColours ? new Uint8Array(3 * count) : undefined;
  }

  /** Linear values; what sRGB does not have is clipped, as LittleCMS does it. */
  put(pixel: number, red: number, green: number, blue: number): void {
    const r = red > 0 ? (red < 1 ? red : 1) : 0;
    const g = green > 0 ? (green < 1 ? green : 1) : 0;
    const b = blue > 0 ? (blue < 1 ? blue : 1) : 0;
    const { grey, rgb } = this;
    const y = RED * r + GREEN * g + BLUE * b;
    grey[pixel] = grey.BYTES_PER_ELEMENT === 2 ? encoded16(y) : encoded8(y);
    if (!rgb) return;
    rgb[3 * pixel] = encoded8(r);
    rgb[3 * pixel + 1] = encoded8(g);
    rgb[3 * pixel + 2] = encoded8(b);
  }
}

function throughMatrix(
  samples: Samples,
  [reds, greens, blues]: (Conversion & { kind: 'matrix' })['bands'],
  keepColours: boolean,
): Tones {
  const tones = new Writer(samples, keepColours);
  const { data, stride } = samples;
  for (let i = 0, p = 0; p < data.length; i++, p += stride) {
    const [r, g, b] = [3 * data[p]!, 3 * data[p + 1]!, 3 * data[p + 2]!];
    tones.put(
      i,
      reds[r]! + greens[g]! + blues[b]!,
      reds[r + 1]! + greens[g + 1]! + blues[b + 1]!,
      reds[r + 2]! + greens[g + 2]! + blues[b + 2]!,
    );
  }
  return tones;
}

function ofLab(samples: Samples, keepColours: boolean): Tones {
  const tones = new Writer(samples, keepColours);
  const { data, stride, model, depth } = samples;
  const tables = labTables(model === 'icc-lab', depth);
  const linear = new Float64Array(3);
  for (let i = 0, p = 0; p < data.length; i++, p += stride) {
    linearOfLab(tables, data[p]!, data[p + 1]!, data[p + 2]!, linear);
    tones.put(i, linear[0]!, linear[1]!, linear[2]!);
  }
  return tones;
}

async function throughProfile(
  samples: Samples,
  icc: Uint8Array,
  keepColours: boolean,
): Promise<Tones | undefined> {
  const tones = new Writer(samples, keepColours);
  const { data, stride, model } = samples;
  const channels = model === 'cmyk' ? 4 : 3;
  const linear = data instanceof Uint16Array ? tables16().linear : LINEAR;
  const fill = (strip: Values, from: number) => {
    for (let i = 0, p = from * stride; i < strip.length; p += stride)
      for (let band = 0; band < channels; band++, i++) strip[i] = data[p + band]!;
  };
  const take = (strip: Values, from: number) => {
    for (let i = from, p = 0; p < strip.length; i++, p += 3)
      tones.put(i, linear[strip[p]!]!, linear[strip[p + 1]!]!, linear[strip[p + 2]!]!);
  };
  const isDone = await convertBy(icc, data, data.length / stride, fill, take);
  return isDone ? tones : undefined;
}
