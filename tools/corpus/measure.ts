/** Compares the outcome of a file with its row of the manifest. */
import sharp, { type Metadata } from 'sharp';
import { formatOf, type ColouredRow, type Row } from './manifest.ts';

/** Levels of 255. */
export const MOST_DIFFERENCE = 2;

export interface Measured {
  /** What is wrong, a line each. */
  faults: string[];
  /** Levels of 255, over the cells: mean and largest. Undefined where no tones are right. */
  difference?: { mean: number; largest: number };
}

const linear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const encoded = (y: number) => (y <= 0.0031308 ? y * 12.92 : 1.055 * y ** (1 / 2.4) - 0.055);

/** Luminance and opacity of each pixel, 0 to 1, and size. */
async function read(result: Buffer) {
  const { data, info } = await sharp(result, { failOn: 'error', ignoreIcc: true })
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const light = new Float64Array(width * height);
  const opacity = new Float64Array(width * height).fill(1);
  let hasColour = false;
  for (let i = 0, p = 0; i < light.length; i++, p += channels) {
    const at = (k: number) => values[p + k]! / 65_535;
    light[i] = 0.2126 * linear(at(0)) + 0.7152 * linear(at(1)) + 0.0722 * linear(at(2));
    hasColour ||= values[p] !== values[p + 1] || values[p] !== values[p + 2];
    if (channels === 4) opacity[i] = at(3);
  }
  // An opaque fourth channel, as canvases write it, is no transparency.
  const hasAlpha = opacity.some((v) => v < 1);
  return { width, height, hasAlpha, hasColour, light, opacity };
}

const CELLS = 4;

function grid(values: Float64Array, width: number, height: number): number[] {
  const edges = (k: number, length: number): [number, number] => {
    const from = Math.floor((k * length) / CELLS);
    return [from, Math.max(from + 1, Math.floor(((k + 1) * length) / CELLS))];
  };
  return Array.from({ length: CELLS * CELLS }, (_, cell) => {
    const [top, bottom] = edges(Math.floor(cell / CELLS), height);
    const [left, right] = edges(cell % CELLS, width);
    let sum = 0;
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += values[y * width + x]!;
    return sum / ((bottom - top) * (right - left));
  });
}

const off = (got: number[], expected: number[]) => got.map((v, k) => Math.abs(v - expected[k]!));
const rounded = (value: number) => Math.round(value * 100) / 100;

/** A result, or the failure's code and message. */
export type Outcome = { result: Buffer; remarks?: readonly string[] } | { code: string; message: string };

/** @returns what is wrong with the outcome of a file, and how far its tones are off */
export async function compared(row: Row, outcome: Outcome): Promise<Measured> {
  const got = 'code' in outcome ? `${outcome.code}: ${outcome.message}` : 'a result';
  if (row.outcome === 'succeeded') {
    if ('result' in outcome) return withRemarks(row, outcome.remarks, await measured(row, outcome.result));
    return { faults: [`expected a result, got ${got}`] };
  }
  if ('result' in outcome || outcome.code !== row.outcome)
    return { faults: [`expected ${row.outcome}, got ${got}`] };
  const isNamed = row.says === undefined || outcome.message.includes(row.says);
  return { faults: isNamed ? [] : [`expected a message with '${row.says}', got ${got}`] };
}

/** What the outcome says beside the result, where its way has remarks. */
function withRemarks(row: ColouredRow, remarks: readonly string[] | undefined, measured: Measured): Measured {
  const faults = [...measured.faults];
  const says = (remark: string, isTrue: boolean) => {
    if (remarks && remarks.includes(remark) !== isTrue)
      faults.push(`remark ${remark}: expected ${isTrue}, got ${!isTrue}`);
  };
  says('first-of-several', row.pages > 1);
  return { ...measured, faults };
}

async function measured(row: ColouredRow, result: Buffer): Promise<Measured> {
  const format = formatOf(row);
  const metadata = await sharp(result, { ignoreIcc: true }).metadata();
  const picture = await read(result);
  const faults: string[] = [];
  const must = (what: string, got: unknown, expected: unknown) => {
    if (got !== expected) faults.push(`${what}: expected ${String(expected)}, got ${String(got)}`);
  };
  // libvips names the container.
  must('format', metadata.format === 'heif' ? 'avif' : metadata.format, format);
  must('size', `${picture.width} x ${picture.height}`, `${row.width} x ${row.height}`);
  must('bits', metadata.depth === 'ushort' ? 16 : 8, row.bits);
  must('orientation', metadata.orientation ?? 1, 1);
  if (format !== 'jpeg') must('alpha', picture.hasAlpha, row.opacity !== undefined);
  if (row.room) must('colour', picture.hasColour, true);
  if (row.density !== undefined && Math.abs((metadata.density ?? 72) - row.density) > 1)
    faults.push(`density: expected ${row.density}, got ${metadata.density ?? 'none'}`);
  faults.push(...lost(row, result, metadata));
  if (faults.some((fault) => fault.startsWith('size'))) return { faults };
  if (row.opacity && picture.hasAlpha) {
    const worst = Math.max(
      ...off(
        grid(picture.opacity, picture.width, picture.height).map((v) => 255 * v),
        row.opacity,
      ),
    );
    if (worst > 1) faults.push(`opacity: ${rounded(worst)} levels off`);
  }
  if (!row.tones) return { faults };
  const shown = picture.light.map((y, i) => 255 * (1 - picture.opacity[i]! * (1 - encoded(y))));
  const tones = grid(shown, picture.width, picture.height);
  const difference = off(tones, row.tones);
  const largest = Math.max(...difference);
  if (largest > MOST_DIFFERENCE) faults.push(`tones: ${rounded(largest)} levels off`);
  return { faults, difference: { mean: difference.reduce((a, b) => a + b) / difference.length, largest } };
}

/** Texts and the place that the result does not have any more. */
function lost({ keeps, gps }: ColouredRow, result: Buffer, metadata: Metadata): string[] {
  const { exif, iptc, xmp, comments } = metadata;
  const places = [result, exif, iptc, xmp, Buffer.from(JSON.stringify(comments ?? []))];
  // A PNG has IPTC as hexadecimal digits, in lines.
  places.push(Buffer.from(result.toString('latin1').replaceAll('\n', ''), 'latin1'));
  const has = (bytes: Buffer) =>
    places.some((place) => place?.includes(bytes) || place?.includes(bytes.toString('hex')));
  const faults = keeps.filter((text) => !has(Buffer.from(text))).map((text) => `lost: '${text}'`);
  // 52° 30' north as rationals, in either byte order.
  const place = ['34000000010000001e00000001000000', '00000034000000010000001e00000001'];
  if (gps && !place.some((hex) => has(Buffer.from(hex, 'hex')))) faults.push('lost: the place');
  return faults;
}
