/** Compares photos that are uploaded whole with photos that stay on the device. */
import sharp from 'sharp';
import { difference, type Difference } from './ciede2000.ts';
import type { PageUpload } from './page-upload.ts';
import { tableLines } from './table.ts';

/** Limits: ratio of bytes sent for photos of 12 megapixels, CIEDE2000 for all photos. */
const LIMITS = { megapixels: 12, ratio: 20, mean: 1, p99: 6 };

export interface Row {
  name: string;
  megapixels: number;
  bytes: number;
  whole: PageUpload;
  here: PageUpload;
  apart: Difference;
}

const pixelsOf = (body: Buffer) =>
  sharp(body).autoOrient().toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });

export async function rowOf(
  name: string,
  body: Buffer,
  [whole, here]: [PageUpload, PageUpload],
): Promise<Row> {
  const [one, other] = [await pixelsOf(whole.result), await pixelsOf(here.result)];
  const { width, height } = one.info;
  const apart = difference(one.data, other.data);
  return { name, megapixels: (width * height) / 1e6, bytes: body.length, whole, here, apart };
}

const sentRatio = ({ whole, here }: Row) => whole.sent / here.sent;

/** @returns a sentence for each value outside of the limits */
export function missed(rows: Row[]): string[] {
  return rows.flatMap((row) => {
    const { name, megapixels, apart } = row;
    const found: string[] = [];
    if (Math.round(megapixels) === LIMITS.megapixels && sentRatio(row) < LIMITS.ratio)
      found.push(`${name}: ${sentRatio(row).toFixed(1)} times fewer bytes sent, expected ${LIMITS.ratio}`);
    if (apart.mean > LIMITS.mean || apart.p99 > LIMITS.p99)
      found.push(
        `${name}: CIEDE2000 mean ${apart.mean.toFixed(2)} and p99 ${apart.p99.toFixed(2)}, expected at most ${LIMITS.mean} and ${LIMITS.p99}`,
      );
    return found;
  });
}

export function lines(rows: Row[]): string[] {
  const kb = (bytes: number) => (bytes / 1000).toFixed(0);
  const s = (seconds: number) => seconds.toFixed(2);
  const traffic = rows.map((row) => {
    const { name, whole, here } = row;
    const all = (whole.sent + whole.received) / (here.sent + here.received);
    const ratios = [sentRatio(row), whole.received / here.received, all].map((value) => value.toFixed(1));
    return [name, ...[whole.sent, here.sent, whole.received, here.received].map(kb), ...ratios];
  });
  const times = rows.map(({ name, whole, here, apart }) => {
    const work = [here.prepareSeconds, here.mergeSeconds];
    return [name, ...[whole.seconds, here.seconds, ...work, apart.mean, apart.p99].map(s)];
  });
  return [
    'kB over the network, uploaded whole and kept on the device, and their ratios:',
    ...tableLines(
      ['photo', 'sent whole', 'kept', 'received whole', 'kept', 'sent', 'received', 'both'],
      traffic,
    ),
    '',
    'Seconds from choosing the file to the result, of these in the browser for prepare and merge; CIEDE2000 of the results:',
    ...tableLines(['photo', 'whole', 'kept', 'prepare', 'merge', 'mean', 'p99'], times),
  ];
}
