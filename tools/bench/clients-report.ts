/** What many clients at once have found, in figures, and what speaks against it. */
import type { ClientResult, ClientsRun, Estimate } from './clients.ts';
import { KINDS, type HttpAnswer, type RequestKind } from './counted-fetch.ts';
import { tableLines } from './table.ts';

/** By status; `none`: no answer came. */
export const CLASSES = ['2xx', '3xx', '429', '4xx', '5xx', 'none'] as const;
type Class = (typeof CLASSES)[number];

const classOf = ({ status }: HttpAnswer): Class =>
  status === 0 ? 'none' : status === 429 ? '429' : (`${Math.floor(status / 100)}xx` as Class);

export interface KindFigures {
  answers: Record<Class, number>;
  /** Milliseconds of those that came. */
  ms: { p50: number; p95: number; p99: number; max: number };
}

/** What the service said of the wait, against what came. */
export interface EstimateFigures {
  /** How often it said something. */
  told: number;
  /** Seconds in the median: what it said, what came, and how far the two were apart. */
  said: number;
  came: number;
  medianError: number;
  /** Share of photos that were done within `secondsAtMost`. */
  withinMost: number;
}

export interface ClientsFigures {
  clients: number;
  seconds: number;
  ends: Record<ClientResult['end'], number>;
  kinds: Record<RequestKind, KindFigures>;
  requestsPerSecond: number;
  pollsPerPhoto: number;
  /** Of the first estimate that each client got, and of all; undefined where there was none. */
  firstEstimates: EstimateFigures | undefined;
  allEstimates: EstimateFigures | undefined;
}

/** The nearest rank; 0 of none. */
function rank(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

const median = (values: number[]) => rank(values, 0.5);

function kindFigures(answers: HttpAnswer[]): KindFigures {
  const ms = answers.filter(({ status }) => status > 0).map((answer) => answer.ms);
  const counts = Object.fromEntries(
    CLASSES.map((one) => [one, answers.filter((answer) => classOf(answer) === one).length]),
  ) as Record<Class, number>;
  return {
    answers: counts,
    ms: { p50: rank(ms, 0.5), p95: rank(ms, 0.95), p99: rank(ms, 0.99), max: rank(ms, 1) },
  };
}

function estimateFigures(said: { told: Estimate; storedAtMs: number }[]): EstimateFigures | undefined {
  if (said.length === 0) return undefined;
  const came = said.map(({ told, storedAtMs }) => ({ ...told, took: (storedAtMs - told.atMs) / 1000 }));
  return {
    told: said.length,
    said: median(came.map(({ seconds }) => seconds)),
    came: median(came.map(({ took }) => took)),
    medianError: median(came.map(({ seconds, took }) => Math.abs(seconds - took))),
    withinMost: came.filter(({ secondsAtMost, took }) => took <= secondsAtMost).length / came.length,
  };
}

export function figuresOf({ clients, seconds, answers, results: ends }: ClientsRun): ClientsFigures {
  const endsWith = (end: ClientResult['end']) => ends.filter((one) => one.end === end).length;
  const said = ends.map(({ estimates, storedAtMs }) =>
    storedAtMs === undefined ? [] : estimates.map((told) => ({ told, storedAtMs })),
  );
  return {
    clients,
    seconds,
    ends: {
      done: endsWith('done'),
      failed: endsWith('failed'),
      lost: endsWith('lost'),
      error: endsWith('error'),
    },
    kinds: Object.fromEntries(
      KINDS.map((kind) => [kind, kindFigures(answers.filter((answer) => answer.kind === kind))]),
    ) as Record<RequestKind, KindFigures>,
    requestsPerSecond: answers.length / seconds,
    pollsPerPhoto: ends.reduce((sum, { polls }) => sum + polls, 0) / clients,
    firstEstimates: estimateFigures(said.flatMap((of) => of.slice(0, 1))),
    allEstimates: estimateFigures(said.flat()),
  };
}

/** The same sentences are counted, not repeated. */
function counted(sentences: string[]): string[] {
  const counts = new Map<string, number>();
  for (const one of sentences) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([one, count]) => `${count} x ${one}`);
}

/** What speaks against a run; empty when every photo was coloured, and nobody was answered with 5xx, or not at all. */
export function against({ answers, results: ends }: ClientsRun): string[] {
  const bad = answers.filter(({ status }) => status === 0 || status >= 500);
  return counted([
    ...bad.map(({ kind, status, reason = '' }) => `${kind} answered ${status || 'not at all'}: ${reason}`),
    ...ends.flatMap(({ end, reason = '' }) => (end === 'done' ? [] : [`${end}: ${reason}`])),
  ]);
}

const estimateLine = (which: string, figures: EstimateFigures | undefined) =>
  figures
    ? `${which}: ${figures.told}; medians: said ${figures.said.toFixed(1)} s, came ${figures.came.toFixed(1)} s, apart ${figures.medianError.toFixed(1)} s; ${(100 * figures.withinMost).toFixed(0)} % done within secondsAtMost`
    : `${which}: none`;

export function reportLines(figures: ClientsFigures): string[] {
  const { clients, seconds, ends, kinds } = figures;
  const rows = KINDS.map((kind) => {
    const { answers, ms } = kinds[kind];
    const times = [ms.p50, ms.p95, ms.p99, ms.max].map((value) => value.toFixed(0));
    return [kind, ...CLASSES.map((one) => String(answers[one])), ...times];
  });
  return [
    `${clients} clients at once, ${seconds.toFixed(0)} s in all: ${ends.done} photos done, ${ends.failed} failed, ${ends.lost} lost, ${ends.error} client errors`,
    `${figures.requestsPerSecond.toFixed(1)} requests a second, ${figures.pollsPerPhoto.toFixed(1)} questions a photo`,
    '',
    ...tableLines(['answers', ...CLASSES, 'p50 ms', 'p95 ms', 'p99 ms', 'max ms'], rows),
    '',
    estimateLine('first estimates', figures.firstEstimates),
    estimateLine('all estimates', figures.allEstimates),
  ];
}
