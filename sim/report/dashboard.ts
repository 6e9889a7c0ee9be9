/** The dashboard's data in the page: the panels once, and the series of each run, packed. */
import { LIMIT_LABELS, PANELS, type Panel, type PanelSeries } from '../../contract/panels.ts';
import { valuesOf, type MissingReason } from './panels.ts';
import type { PanelInput, Values } from './periods.ts';

/** Run-length encoding: a value, or a value and how often it repeats. */
export type Packed = (number | null | [value: number | null, times: number])[];

/** Shorter repetitions take less space unpacked. */
const LEAST_REPETITION = 3;
/** Significant digits that a plot shows; whole numbers keep all of theirs. */
const DIGITS = 4;

export function packed(values: Values): Packed {
  const rounded = values.map((value) =>
    value === null || Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)),
  );
  const result: Packed = [];
  for (let k = 0; k < rounded.length;) {
    const value = rounded[k] as number | null;
    let times = 1;
    while (k + times < rounded.length && rounded[k + times] === value) times++;
    if (times >= LEAST_REPETITION) result.push([value, times]);
    else for (let left = times; left > 0; left--) result.push(value);
    k += times;
  }
  return result;
}

export const unpacked = (packed: Packed): Values =>
  packed.flatMap((one) => (Array.isArray(one) ? Array<number | null>(one[1]).fill(one[0]) : [one]));

export interface DashboardRun {
  /** Length of a period, seconds; one value for each in every series. */
  period: number;
  /** Index of the last complete period. */
  latest: number;
  /** By the index in `DashboardPanel.series`; a text is the reason why there are no values. */
  series: (Packed | MissingReason)[];
  /** Targets of the policy, seconds. */
  limits: Limits;
}

type Limits = Partial<Record<keyof typeof LIMIT_LABELS, number>>;

export type DashboardPanel = Pick<Panel, 'id' | 'title' | 'unit' | 'stacked' | 'figures'> & {
  /** With the index of its values in `DashboardRun.series`. */
  series: { label: string; index: number }[];
  /** A line where the run has the limit. */
  limit?: { name: keyof typeof LIMIT_LABELS; label: string };
};

const keyOf = ({ metric, statistic, dimension }: PanelSeries) =>
  JSON.stringify([metric, statistic, dimension]);

/** Each distinct series once: several panels may show it. */
const SHARED = new Map<string, { series: PanelSeries; index: number }>();
for (const series of PANELS.flat().flatMap((panel) => panel.series)) {
  const key = keyOf(series);
  if (!SHARED.has(key)) SHARED.set(key, { series, index: SHARED.size });
}

export const dashboardPanels = (): DashboardPanel[][] =>
  PANELS.map((row) =>
    row.map(({ series, limit, ...panel }) => ({
      ...panel,
      ...(limit && { limit: { name: limit, label: LIMIT_LABELS[limit] } }),
      series: series.map((one) => ({
        label: one.label,
        index: (SHARED.get(keyOf(one)) as { index: number }).index,
      })),
    })),
  );

/** @param limits targets of the policy, seconds @default none */
export function dashboardOf(input: PanelInput, limits: Limits = {}): DashboardRun {
  const { periods } = input;
  return {
    period: periods.seconds,
    limits,
    latest: Math.max(0, Math.floor(periods.end / periods.seconds) - 1),
    series: [...SHARED.values()].map(({ series }) => {
      const values = valuesOf(input, series);
      return typeof values === 'string' ? values : packed(values);
    }),
  };
}
