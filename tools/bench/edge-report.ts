/** What photos cost that are sent whole, and that are kept on the device: side by side. */
import sharp from 'sharp';
import { difference, type Difference } from './ciede2000.ts';
import type { PageUpload } from './page-upload.ts';
import { tableLines } from './table.ts';

/** What is held, of photos of twelve megapixels and of all. */
const HELD = { megapixels: 12, ratio: 20, mean: 1, p99: 6 };

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

/** @returns what of it is worse than is held */
export function missed(rows: Row[]): string[] {
  return rows.flatMap((row) => {
    const { name, megapixels, apart } = row;
    const found: string[] = [];
    if (Math.round(megapixels) === HELD.megapixels && sentRatio(row) < HELD.ratio)
      found.push(`${name}: ${sentRatio(row).toFixed(1)} times fewer bytes sent, wanted ${HELD.ratio}`);
    if (apart.mean > HELD.mean || apart.p99 > HELD.p99)
      found.push(
        `${name}: ${apart.mean.toFixed(2)} in the mean and ${apart.p99.toFixed(2)} at 99 % apart, wanted ${HELD.mean} and ${HELD.p99}`,
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
    'kB over the network, sent whole and kept on the device, and how many times fewer:',
    ...tableLines(
      ['photo', 'sent whole', 'kept', 'received whole', 'kept', 'sent', 'received', 'both'],
      traffic,
    ),
    '',
    'seconds from choosing to done, of these the browser’s own work on pixels, and CIEDE2000 of the results:',
    ...tableLines(['photo', 'whole', 'kept', 'prepare', 'merge', 'mean', '99 %'], times),
  ];
}
