/** The report: one HTML file with everything in it, the plotting library too, so that it opens anywhere. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Comparison } from '../compare.ts';
import type { Measures } from '../measure.ts';
import type { Series } from './series.ts';

export interface ReportRun {
  policy: string;
  settings: Record<string, number>;
  measures: Measures;
  series: Series;
}

export interface ReportData {
  comparison: Comparison;
  /** The rule that the page shows first. */
  first: string;
  slo: number;
  runs: ReportRun[];
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);

export async function page(data: ReportData): Promise<string> {
  const uplot = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
  const own = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
  const [library, libraryStyle, script, style, html] = await Promise.all([
    readFile(join(uplot, 'uPlot.iife.min.js'), 'utf8'),
    readFile(join(uplot, 'uPlot.min.css'), 'utf8'),
    own('page.js'),
    own('page.css'),
    own('page.html'),
  ]);
  // A closing tag within a text would end the script early.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  const parts: Record<string, string> = {
    title: escaped(`${data.comparison.trace}: scaling rules compared`),
    style: `${libraryStyle}\n${style}`,
    data: json,
    library,
    script,
  };
  // In scripts and styles the place of a part is a comment, so that the file reads as what it is.
  return html.replace(
    /\/\* \{\{(\w+)\}\} \*\/|\{\{(\w+)\}\}/g,
    (_, a?: string, b?: string) => parts[a ?? b ?? ''] ?? '',
  );
}
