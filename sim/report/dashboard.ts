/** The dashboard as the page has it: the panels once, and for each run the series that they share. */
import { PANELS, type Panel, type PanelSeries } from '../../contract/panels.ts';
import { packed, type Packed } from './packed.ts';
import { valuesOf, type MissingReason } from './panels.ts';
import type { PanelInput } from './periods.ts';

export interface DashboardRun {
  /** Length of a period, seconds; one value for each in every series. */
  period: number;
  /** The last period that is a whole one: what is cut short says too little to be shown as the latest. */
  latest: number;
  /** As `DashboardPanels.series` numbers them; a text says why there are no values. */
  series: (Packed | MissingReason)[];
}

export type DashboardPanel = Pick<Panel, 'id' | 'title' | 'unit' | 'stacked' | 'figures'> & {
  /** With the number of its values among those of a run. */
  series: { label: string; index: number }[];
};

const keyOf = ({ metric, statistic, dimension }: PanelSeries) =>
  JSON.stringify([metric, statistic, dimension]);

/** Each series once, though several panels may show it. */
const SHARED = new Map<string, { series: PanelSeries; index: number }>();
for (const series of PANELS.flat().flatMap((panel) => panel.series)) {
  const key = keyOf(series);
  if (!SHARED.has(key)) SHARED.set(key, { series, index: SHARED.size });
}

export const dashboardPanels = (): DashboardPanel[][] =>
  PANELS.map((row) =>
    row.map(({ series, ...panel }) => ({
      ...panel,
      series: series.map((one) => ({
        label: one.label,
        index: (SHARED.get(keyOf(one)) as { index: number }).index,
      })),
    })),
  );

export function dashboardOf(input: PanelInput): DashboardRun {
  const { periods } = input;
  return {
    period: periods.seconds,
    latest: Math.max(0, Math.floor(periods.end / periods.seconds) - 1),
    series: [...SHARED.values()].map(({ series }) => {
      const values = valuesOf(input, series);
      return typeof values === 'string' ? values : packed(values);
    }),
  };
}
