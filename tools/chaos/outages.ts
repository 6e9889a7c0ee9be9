/**
 * Outages: faults that last, with an effect of their own. Each kind happens once in a run: an image whose instances never get
 * ready, logs that do not leave the instances, and a shortage of Spot.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../../local/samples/noise.ts';
import type { Instances } from './instances.ts';
import type { FaultProxy } from './proxy.ts';
import { withoutSpot, type SpotReport } from './spot-shortage.ts';
import type { StackView } from './stack-view.ts';
import type { LocalStack } from '../../local/run/stack.ts';

export const OUTAGES = [
  'image without nodes',
  'image whose worker says nothing',
  'log agents hung',
  'CloudWatch Logs down',
  'no Spot capacity',
] as const;
export type OutageKind = (typeof OUTAGES)[number];

export interface PlannedOutage {
  kind: OutageKind;
  /** It begins when this share of the photos has an outcome, 0 to 1. */
  atShare: number;
}

/** What was seen of an outage of either kind. */
export interface OutageReport {
  kind: OutageKind;
  seconds: number;
  /** Photos without an outcome when it began. */
  left: number;
  /** Photos that got their outcome meanwhile. */
  photos: number;
  /** Of bad images: launches, decisions with the reason `boot-failure`, reasons of the instances, seconds until one was in service. */
  boots?: { launches: number; held: number; why: string[]; recoveredSeconds: number };
  /** Of logs: delivery failures that were published, and instances whose lines were not delivered after it. */
  logs?: { deliveryFailures: number; stuck: string[] };
  spot?: SpotReport;
}

export interface OutagePorts {
  instances: Instances;
  proxy: FaultProxy;
  view: StackView;
  /** Photos with an outcome. */
  finished: () => Promise<number>;
  photos: number;
  stack: Pick<LocalStack, 'agent' | 'groupNames'>;
  /** Called once none will begin any more. */
  ended: () => void;
  /** Aborted once the fleet is back at zero. */
  over: AbortSignal;
}

const POLL_MS = 1000;
/** Without the breaker an image without nodes is launched four at a time each eight seconds. */
const WITHOUT_NODES_SECONDS = 60;
/** Longer than the launch hook, so that without the breaker every instance is launched again. */
const SILENT_SECONDS = 85;
/** The watch over the delivery looks each three seconds, and has to find it failed five times. */
const LOGS_SECONDS = 40;
/** The longest pause after so few failures, and a boot on a busy computer. */
const RECOVERY_MS = 300_000;
/** After which every line of before has to be delivered. */
const CATCH_UP_MS = 30_000;

/**
 * In a random order, spread over the run; the shortage of Spot first, since what follows it takes minutes.
 *
 * @param hasFallback whether the fleet has on-demand instances to go on with in such a shortage
 */
export function planOutages(seed: number, hasFallback: boolean): PlannedOutage[] {
  const random = randomNumbers(seed * 6151 + 5);
  const planned = OUTAGES.filter((kind) => hasFallback || kind !== 'no Spot capacity');
  const kinds = planned
    .map((kind) => ({ kind, order: kind === 'no Spot capacity' ? -1 : random() }))
    .sort((a, b) => a.order - b.order);
  return kinds.map(({ kind }, k) => ({ kind, atShare: (k + 0.2 + 0.6 * random()) / (kinds.length + 1) }));
}

/** Runs one after another. @returns what was seen of each, once the fleet is back at zero */
export async function runOutages(
  plan: PlannedOutage[],
  ports: OutagePorts,
  abort: AbortSignal,
): Promise<OutageReport[]> {
  const reports: OutageReport[] = [];
  const watched: Promise<void>[] = [];
  for (const { kind, atShare } of plan) {
    while ((await ports.finished()) < atShare * ports.photos)
      await sleep(POLL_MS, undefined, { signal: abort });
    reports.push(await runOutage(kind, ports, watched, abort));
  }
  ports.ended();
  await Promise.all(watched);
  return reports;
}

/** @param watched gets what is still watched after the outage */
async function runOutage(
  kind: OutageKind,
  ports: OutagePorts,
  watched: Promise<void>[],
  abort: AbortSignal,
): Promise<OutageReport> {
  const startMs = Date.now();
  const before = await ports.finished();
  let seen: Pick<OutageReport, 'boots' | 'logs' | 'spot'>;
  if (kind === 'no Spot capacity') {
    const { report, back } = await withoutSpot(ports.stack, ports.instances, ports.over, abort);
    watched.push(back);
    seen = { spot: report };
  } else if (kind === 'log agents hung' || kind === 'CloudWatch Logs down')
    seen = { logs: await withoutLogs(kind, ports, abort) };
  else seen = { boots: await withBadImage(kind, ports, abort) };
  const photos = (await ports.finished()) - before;
  const left = ports.photos - before;
  return { kind, seconds: Math.round((Date.now() - startMs) / 1000), left, photos, ...seen };
}

/** Has every instance replaced, by instances of a bad image, as a deploy of it would. */
async function withBadImage(
  kind: OutageKind,
  { instances, view }: OutagePorts,
  abort: AbortSignal,
): Promise<OutageReport['boots']> {
  // The last fault may have left none: then none would be replaced.
  while (instances.live().length === 0) await sleep(POLL_MS, undefined, { signal: abort });
  const startMs = Date.now();
  const isSilent = kind === 'image whose worker says nothing';
  instances.setImage(isSilent ? 'silent' : 'without nodes');
  await instances.drainSome(1);
  await sleep((isSilent ? SILENT_SECONDS : WITHOUT_NODES_SECONDS) * 1000, undefined, { signal: abort });
  instances.setImage(undefined);
  const endMs = Date.now();
  const launches = await view.launches(startMs, endMs);
  const why = new Set<string>();
  let held = 0;
  while (Date.now() - endMs < RECOVERY_MS) {
    const { decisions, failures } = await view.scaler();
    held = Math.max(
      held,
      decisions.filter(({ at, reason }) => at * 1000 >= startMs && reason === 'boot-failure').length,
    );
    for (const failure of failures) if (failure.at * 1000 >= startMs && failure.why) why.add(failure.why);
    if (instances.live().length > 0) break;
    await sleep(POLL_MS, undefined, { signal: abort });
  }
  return { launches, held, why: [...why], recoveredSeconds: Math.round((Date.now() - endMs) / 1000) };
}

/** Also those of instances that come meanwhile: the ones that are there may all be replaced before their worker notices. */
async function hangAgents(instances: Instances | undefined, ms: number, abort: AbortSignal): Promise<void> {
  const endMs = Date.now() + ms;
  const hung = new Set<string>();
  for (let left = ms; left > 0; left = endMs - Date.now()) {
    for (const instance of instances?.live().filter(({ id }) => !hung.has(id)) ?? []) {
      hung.add(instance.id);
      instances?.freeze(instance, 'log-agent', left);
    }
    await sleep(Math.min(left, POLL_MS), undefined, { signal: abort });
  }
}

async function withoutLogs(
  kind: OutageKind,
  { instances, proxy, view }: OutagePorts,
  abort: AbortSignal,
): Promise<NonNullable<OutageReport['logs']>> {
  const before = await view.deliveryFailures();
  const ms = LOGS_SECONDS * 1000;
  if (kind === 'CloudWatch Logs down') proxy.setLogsDown(true);
  await hangAgents(kind === 'log agents hung' ? instances : undefined, ms, abort);
  proxy.setLogsDown(false);
  const deliveryFailures = (await view.deliveryFailures()) - before;
  const due = new Map(instances.live().map(({ id }) => [id, view.delivery(id).written]));
  const stuck = () =>
    // What an instance had not delivered when it ended is lost.
    instances.live().filter(({ id }) => view.delivery(id).delivered < (due.get(id) ?? 0));
  const endMs = Date.now();
  while (stuck().length > 0 && Date.now() - endMs < CATCH_UP_MS)
    await sleep(POLL_MS, undefined, { signal: abort });
  return { deliveryFailures, stuck: stuck().map(({ id }) => id) };
}
