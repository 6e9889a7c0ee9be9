/** What each band of a photo is: colour, opacity, or something else that is left alone. */
import type { Metadata } from 'sharp';
import type { Source } from './completed.ts';
import type { Format } from './formats.ts';
import { TiffDirectory, type NewEntry } from './tiff-entries.ts';

/** How colour bands are to be understood. */
export type ColourModel = 'grey' | 'rgb' | 'cmyk' | 'lab' | 'icc-lab';

export interface Bands {
  model: ColourModel;
  /** Index of the band of opacity; the colour bands are the first. */
  alpha: number | undefined;
  /** Whether colours are stored multiplied by their opacity. */
  isAssociated: boolean;
  /** That the decoder returns. */
  count: number;
}

export const COLOUR_BANDS: Record<ColourModel, number> = { grey: 1, rgb: 3, cmyk: 4, lab: 3, 'icc-lab': 3 };

/** Tags of TIFF 6.0, section 8; ExtraSamples is in section 18. */
const TAGS = {
  bits: 258,
  photometric: 262,
  stripOffsets: 273,
  samples: 277,
  stripBytes: 279,
  planar: 284,
  tileOffsets: 324,
  tileBytes: 325,
  extraSamples: 338,
  sampleFormat: 339,
} as const;
const [WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, CMYK, CIELAB, ICCLAB] = [0, 1, 2, 5, 8, 9];
const SEPARATE = 2;
const [UNSPECIFIED, ASSOCIATED, UNASSOCIATED] = [0, 1, 2];

const MODELS: Record<number, ColourModel | undefined> = {
  [WHITE_IS_ZERO]: 'grey',
  [BLACK_IS_ZERO]: 'grey',
  [RGB]: 'rgb',
  [CMYK]: 'cmyk',
  [CIELAB]: 'lab',
  [ICCLAB]: 'icc-lab',
};

/** A photo's file as the decoder is to read it, so that it returns what is stored. */
export interface StoredBands {
  /** Undefined where the decoder knows best. */
  bands: Bands | undefined;
  /** One, or one for each band that is needed where they are stored one after the other: colours, then opacity. */
  files: readonly (() => Buffer)[];
  select: Source['select'];
}

/** What a photo's bands are, and files whose bands the decoder neither converts nor interprets. */
export function storedBands({ format, file, select, directory: at }: Source): StoredBands {
  const asItIs = { bands: undefined, files: [() => file], select };
  const directory = format === 'tiff' ? TiffDirectory.of(file, at) : undefined;
  const [photometric = -1] = directory?.values(TAGS.photometric) ?? [];
  const model = MODELS[photometric];
  if (!directory || !model) return asItIs;
  const colours = COLOUR_BANDS[model];
  const [count = 1] = directory.values(TAGS.samples);
  if (count < colours) return asItIs;
  const extra = directory.values(TAGS.extraSamples);
  // With fewer kinds than bands, those of the last bands are given; in practice all are.
  const first = count - Math.max(extra.length, count - colours);
  const found = extra.findIndex((kind) => kind === ASSOCIATED || kind === UNASSOCIATED);
  const alpha = found < 0 || first + found < colours ? undefined : first + found;
  const bands = { model, alpha, isAssociated: extra[found] === ASSOCIATED, count };
  const rewritten = (entries: NewEntry[]) => () => directory.fileWith(entries);
  if (directory.values(TAGS.planar)[0] === SEPARATE && count > 1) {
    const needed = [...Array(colours).keys(), ...(alpha === undefined ? [] : [alpha])];
    const files = needed.map((band) => rewritten(planeOf(directory, band, count, photometric)));
    return { bands: { ...bands, count: needed.length }, files, select: {} };
  }
  const isLab = photometric === CIELAB || photometric === ICCLAB;
  if (!isLab && !extra.includes(ASSOCIATED)) return { ...asItIs, bands };
  // libvips converts Lab, and divides by opacity, in its own way.
  const changed: NewEntry[] = [{ tag: TAGS.extraSamples, values: extra.map(() => UNSPECIFIED) }];
  if (isLab) changed.push({ tag: TAGS.photometric, values: [RGB] });
  return { bands, files: [rewritten(changed)], select: {} };
}

/** A directory of one band, as if it were a grey picture. */
function planeOf(directory: TiffDirectory, band: number, count: number, photometric: number): NewEntry[] {
  const isTiled = directory.values(TAGS.tileOffsets).length > 0;
  const part = (tag: number): NewEntry => {
    const all = directory.values(tag);
    const length = Math.floor(all.length / count);
    return { tag, values: all.slice(band * length, (band + 1) * length) };
  };
  const parts = isTiled ? [TAGS.tileOffsets, TAGS.tileBytes] : [TAGS.stripOffsets, TAGS.stripBytes];
  const isInverted = photometric === WHITE_IS_ZERO && band === 0;
  return [
    ...parts.map(part),
    { tag: TAGS.bits, values: directory.values(TAGS.bits).slice(0, 1) },
    { tag: TAGS.photometric, values: [isInverted ? WHITE_IS_ZERO : BLACK_IS_ZERO] },
    { tag: TAGS.samples, values: [1] },
    { tag: TAGS.planar, values: [1] },
    { tag: TAGS.extraSamples, values: [] },
    { tag: TAGS.sampleFormat, values: directory.values(TAGS.sampleFormat).slice(0, 1) },
  ];
}

/** The bands of other formats, and of TIFFs that the decoder converts to RGB: those beyond the colours are opacity. */
export function decodedBands(
  format: Format,
  { space, channels }: Pick<Metadata, 'space' | 'channels'>,
): Bands {
  const model = space === 'cmyk' ? 'cmyk' : space === 'b-w' || space === 'grey16' ? 'grey' : 'rgb';
  const colours = COLOUR_BANDS[model];
  const hasAlpha = channels > colours && format !== 'jpeg';
  return { model, alpha: hasAlpha ? colours : undefined, isAssociated: false, count: channels };
}
