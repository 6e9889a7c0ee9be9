/** Parses what `forward/main.py` writes, and formats it as tables. */
import { z } from 'zod';
import { tableLines } from './table.ts';

const variant = z.object({ size: z.string(), network: z.string(), precision: z.string(), batch: z.number() });

/** A measurement that failed has an error in place of its figures. */
const failed = variant.extend({ error: z.string() });

const timed = variant.extend({
  mode: z.string(),
  channelsLast: z.boolean().optional(),
  medianSeconds: z.number(),
  minSeconds: z.number(),
  maxSeconds: z.number(),
  secondsPerPhoto: z.number(),
  peakMiB: z.number(),
  compileSeconds: z.number().optional(),
});

const differences = {
  abMax: z.number(),
  abMean: z.number(),
  ciede2000Mean: z.number(),
  ciede2000P99: z.number(),
  pixelsThatRoundOtherwise: z.number(),
};
const compared = z.union([
  variant.extend({ finite: z.literal(true), ...differences }),
  variant.extend({ finite: z.literal(false) }),
]);

export const reportSchema = z.object({
  weights: z.literal('random'),
  device: z.object({ name: z.string(), torch: z.string(), capability: z.string().nullable() }),
  forward: z.array(z.union([timed, failed])).default([]),
  compile: z.array(z.union([timed, failed])).default([]),
  precision: z.array(z.union([compared, failed])).default([]),
});
export type ForwardReport = z.infer<typeof reportSchema>;

const milliseconds = (seconds: number) => (1000 * seconds).toFixed(2);

function timeRow(entry: z.infer<typeof timed | typeof failed>): string[] {
  const { size, network, precision, batch } = entry;
  if ('error' in entry) return [`${size} ${network}`, precision, '', '', String(batch), entry.error];
  return [
    `${size} ${network}`,
    precision,
    entry.channelsLast === false ? 'contiguous' : 'channels_last',
    entry.compileSeconds === undefined
      ? entry.mode
      : `compiled (${entry.mode}, ${entry.compileSeconds.toFixed(0)} s)`,
    String(batch),
    milliseconds(entry.medianSeconds),
    milliseconds(entry.maxSeconds - entry.minSeconds),
    milliseconds(entry.secondsPerPhoto),
    String(entry.peakMiB),
  ];
}

function differenceRow(entry: ForwardReport['precision'][number]): string[] {
  const first = [`${entry.size} ${entry.network}`, entry.precision, String(entry.batch)];
  if ('error' in entry) return [...first, entry.error];
  if (!entry.finite) return [...first, 'not finite'];
  return [
    ...first,
    entry.abMax.toFixed(4),
    entry.abMean.toFixed(4),
    entry.ciede2000Mean.toFixed(3),
    entry.ciede2000P99.toFixed(3),
    `${(100 * entry.pixelsThatRoundOtherwise).toFixed(2)} %`,
  ];
}

/** Rows may be shorter than the head where a measurement failed. */
const table = (head: string[], rows: string[][]) =>
  rows.length === 0
    ? []
    : [
        '',
        ...tableLines(
          head,
          rows.map((row) => head.map((_, column) => row[column] ?? '')),
        ),
      ];

export function reportLines({ device, forward, compile, precision }: ForwardReport): string[] {
  return [
    '',
    `${device.name}${device.capability === null ? '' : `, compute capability ${device.capability}`}, torch ${device.torch}; random weights`,
    ...table(
      ['network', 'precision', 'layout', 'mode', 'batch', 'median ms', 'spread ms', 'ms/photo', 'peak MiB'],
      [...forward, ...compile].map(timeRow),
    ),
    ...table(
      [
        'against float32',
        'precision',
        'batch',
        'a, b max',
        'mean',
        'CIEDE2000 mean',
        'p99',
        'rounds otherwise',
      ],
      precision.map(differenceRow),
    ),
  ];
}
