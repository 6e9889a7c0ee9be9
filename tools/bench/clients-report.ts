/** Figures and problems of a run of concurrent clients. */
import type { ClientResult, ClientsRun, Estimate } from './clients.ts';
import { KINDS, type HttpAnswer, type RequestKind } from './counted-fetch.ts';
import { tableLines } from './table.ts';

/** Classes of responses by status; `none` without a response. */
export const CLASSES = ['2xx', '3xx', '429', '4xx', '5xx', 'none'] as const;
type Class = (typeof CLASSES)[number];

const classOf = ({ status }: HttpAnswer): Class =>
  status === 0 ? 'none' : status === 429 ? '429' : (`${Math.floor(status / 100)}xx` as Class);

export interface KindFigures {
  answers: Record<Class, number>;
  /** Milliseconds until the last byte of a response. */
  ms: { p50: number; p95: number; p99: number; max: number };
}

/** Estimates of the wait, compared with the actual wait. */
export interface EstimateFigures {
  count: number;
  /** Medians in seconds: estimated wait, actual wait, absolute error. */
  estimated: number;
  actual: number;
  medianError: number;
  /** Share of photos whose result came within `secondsAtMost`. */
  withinMost: number;
}

export interface ClientsFigures {
  clients: number;
  seconds: number;
  outcomes: Record<ClientResult['outcome'], number>;
  kinds: Record<RequestKind, KindFigures>;
  requestsPerSecond: number;
  pollsPerPhoto: number;
  /** Of each client's first estimate, and of all estimates; undefined without any. */
  firstEstimates: EstimateFigures | undefined;
  allEstimates: EstimateFigures | undefined;
}

/** Percentile by nearest rank; 0 for no values. @param share 0 to 1 */
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

function estimateFigures(
  estimates: { estimate: Estimate; storedAtMs: number }[],
): EstimateFigures | undefined {
  if (estimates.length === 0) return undefined;
  const all = estimates.map(({ estimate, storedAtMs }) => ({
    ...estimate,
    actual: (storedAtMs - estimate.atMs) / 1000,
  }));
  return {
    count: all.length,
    estimated: median(all.map(({ seconds }) => seconds)),
    actual: median(all.map(({ actual }) => actual)),
    medianError: median(all.map(({ seconds, actual }) => Math.abs(seconds - actual))),
    withinMost: all.filter(({ secondsAtMost, actual }) => actual <= secondsAtMost).length / all.length,
  };
}

export function figuresOf({ clients, seconds, answers, results }: ClientsRun): ClientsFigures {
  const count = (outcome: ClientResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  const estimates = results.map(({ estimates: ofClient, storedAtMs }) =>
    storedAtMs === undefined ? [] : ofClient.map((estimate) => ({ estimate, storedAtMs })),
  );
  return {
    clients,
    seconds,
    outcomes: {
      succeeded: count('succeeded'),
      failed: count('failed'),
      lost: count('lost'),
      error: count('error'),
    },
    kinds: Object.fromEntries(
      KINDS.map((kind) => [kind, kindFigures(answers.filter((answer) => answer.kind === kind))]),
    ) as Record<RequestKind, KindFigures>,
    requestsPerSecond: answers.length / seconds,
    pollsPerPhoto: results.reduce((sum, { polls }) => sum + polls, 0) / clients,
    firstEstimates: estimateFigures(estimates.flatMap((ofClient) => ofClient.slice(0, 1))),
    allEstimates: estimateFigures(estimates.flat()),
  };
}

/** Lists each sentence once, with its count. */
function counted(sentences: string[]): string[] {
  const counts = new Map<string, number>();
  for (const one of sentences) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([one, count]) => `${count} x ${one}`);
}

/** @returns problems of a run: photos that did not succeed, requests with a 5xx or no response */
export function problemsOf({ answers, results }: ClientsRun): string[] {
  const bad = answers.filter(({ status }) => status === 0 || status >= 500);
  return counted([
    ...bad.map(({ kind, status, reason = '' }) => `${kind}: ${status || 'no response'}: ${reason}`),
    ...results.flatMap(({ outcome, reason = '' }) =>
      outcome === 'succeeded' ? [] : [`${outcome}: ${reason}`],
    ),
  ]);
}

const estimateLine = (which: string, figures: EstimateFigures | undefined) =>
  figures
    ? `${which}: ${figures.count}; medians: estimated ${figures.estimated.toFixed(1)} s, actual ${figures.actual.toFixed(1)} s, absolute error ${figures.medianError.toFixed(1)} s; ${(100 * figures.withinMost).toFixed(0)} % within secondsAtMost`
    : `${which}: none`;

export function reportLines(figures: ClientsFigures): string[] {
  const { clients, seconds, outcomes, kinds } = figures;
  const rows = KINDS.map((kind) => {
    const { answers, ms } = kinds[kind];
    const times = [ms.p50, ms.p95, ms.p99, ms.max].map((value) => value.toFixed(0));
    return [kind, ...CLASSES.map((one) => String(answers[one])), ...times];
  });
  return [
    `${clients} concurrent clients, ${seconds.toFixed(0)} s: ${outcomes.succeeded} photos succeeded, ${outcomes.failed} failed, ${outcomes.lost} lost, ${outcomes.error} client errors`,
    `${figures.requestsPerSecond.toFixed(1)} requests/s, ${figures.pollsPerPhoto.toFixed(1)} polls/photo`,
    '',
    ...tableLines(['answers', ...CLASSES, 'p50 ms', 'p95 ms', 'p99 ms', 'max ms'], rows),
    '',
    estimateLine('first estimates', figures.firstEstimates),
    estimateLine('all estimates', figures.allEstimates),
  ];
}
