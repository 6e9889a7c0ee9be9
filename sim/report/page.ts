/** Builds the HTML pages: one self-contained file each, with data, scripts, styles and uPlot inlined. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Comparison } from '../compare.ts';
import type { Measures } from '../measure.ts';
import type { DashboardPanel, DashboardRun } from './dashboard.ts';
import type { Series } from './series.ts';

/** Data of the dashboard's script. */
export interface DashboardData {
  panels: DashboardPanel[][];
  /** The policy that the page shows first. */
  first: string;
  runs: { policy: string; dashboard: DashboardRun }[];
}

export interface ReportRun {
  policy: string;
  settings: Record<string, number>;
  measures: Measures;
  series: Series;
  dashboard: DashboardRun;
}

export interface ReportData extends DashboardData {
  comparison: Comparison;
  slo: number;
  runs: ReportRun[];
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);
const own = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
/** In the npm package, uPlot's files are in the folder of this file. */
const uplot = (name: string) =>
  own(name).catch(() =>
    readFile(
      join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist', name),
      'utf8',
    ),
  );

/** @param more further parts, as HTML or script */
async function filled(template: string, data: DashboardData, more: Record<string, string>): Promise<string> {
  const [html, library, shared, graph, dashboard, ...styles] = await Promise.all([
    own(template),
    uplot('uPlot.iife.min.js'),
    own('shared.js'),
    own('graph.js'),
    own('dashboard.js'),
    uplot('uPlot.min.css'),
    own('page.css'),
    own('dashboard.css'),
  ]);
  const parts: Record<string, string> = {
    style: styles.join('\n'),
    // A `</script>` within the data would end the element.
    data: JSON.stringify(data).replaceAll('<', '\\u003c'),
    library,
    shared,
    graph,
    dashboard,
    ...more,
  };
  // In scripts and styles a placeholder is within a comment, so that the template stays valid.
  return html.replace(
    /\/\* \{\{(\w+)\}\} \*\/|\{\{(\w+)\}\}/g,
    (_, a?: string, b?: string) => parts[a ?? b ?? ''] ?? '',
  );
}

/** The report of a comparison: every policy, with the dashboard of each. */
export const page = async (data: ReportData): Promise<string> =>
  filled('page.html', data, {
    title: escaped(`${data.comparison.trace}: scaling policies compared`),
    timePlots: await own('time-plots.js'),
    frontier: await own('frontier.js'),
    script: await own('page.js'),
  });

/** The dashboard of one run. */
export const dashboardPage = (data: DashboardData, title: string, about: string): Promise<string> =>
  filled('dashboard.html', data, { title: escaped(title), about: escaped(about) });
