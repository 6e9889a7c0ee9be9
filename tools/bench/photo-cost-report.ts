/** Tables of what photos cost. */
import { ratioOf } from './compare-costs.ts';
import type { PhotoCost } from './photo-cost.ts';
import { PART_MEANINGS, PARTS } from './photo-parts.ts';
import { tableLines } from './table.ts';

export function costLines(costs: readonly PhotoCost[]): string[] {
  const head = ['photo', 'MP', 'MB', 'CPU s', 'codec alone', 'ratio', 'MB worker', 'MB image process'];
  const rows = costs.map((cost) => [
    cost.kind,
    String(cost.megapixels),
    (cost.bytes / 1e6).toFixed(1),
    cost.cpuSeconds.toFixed(3),
    cost.floorSeconds.toFixed(3),
    ratioOf(cost).toFixed(2),
    cost.peakMegabytes.worker?.toFixed(0) ?? '-',
    cost.peakMegabytes.imageProcess?.toFixed(0) ?? '-',
  ]);
  return [
    '',
    'CPU seconds a photo in worker and image process, beside sharp decoding the same file and encoding the same result;',
    'most memory of both:',
    '',
    ...tableLines(head, rows),
    ...partLines(costs),
  ];
}

/** Milliseconds of each part that took some. */
function partLines(costs: readonly PhotoCost[]): string[] {
  const measured = costs.flatMap(({ parts, ...cost }) => (parts ? [{ ...cost, parts }] : []));
  const shown = PARTS.filter((part) => measured.some(({ parts }) => parts[part] >= 0.0005));
  if (shown.length === 0) return [];
  const rows = measured.map(({ kind, megapixels, parts }) => [
    kind,
    String(megapixels),
    ...shown.map((part) => (1000 * parts[part]).toFixed(1)),
  ]);
  return [
    '',
    'CPU milliseconds of each part:',
    '',
    ...tableLines(['photo', 'MP', ...shown], rows),
    '',
    ...shown.map((part) => `${part}: ${PART_MEANINGS[part]}`),
  ];
}
