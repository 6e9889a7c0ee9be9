/**
 * What the fleet has finished, from what each instance reports about itself: each is believed within its own bounds, and
 * where three or more report, no single one can move the sum far from what the others show.
 */
import { partsOfSums, sumsOf, total, withOthers, withParts } from './bulk/reported.ts';
import { countersOf, incrementOf, type Disbelief, type Increment, type InstanceReport } from './plausible.ts';
import type { WorkflowWork } from '../../../contract/workflow-counters.ts';
import type { WorkReport } from './observation.ts';
import { equivalents } from './reported-parts.ts';
import { MOST_REPORTERS, sampleOf, type Reporter } from './reporters.ts';

/** What is remembered of an instance. */
export interface ReporterMemory {
  instance: string;
  /** Counters at the last tick; null where they could not be read then. */
  counters: Increment | null;
  /** Seconds; see {@link Credit}. */
  busyCredit: number;
  photoCredit: number;
  /** Its recent photos and their busy seconds, as it reports them. */
  photos: number;
  photoSeconds: number;
}

export interface ReportsMemory {
  /** Of the last tick that read reports, epoch seconds. */
  at: number;
  /** Messages visible and in flight then; null where they could not be read. */
  backlog: number | null;
  /** Sum of what was believed. */
  completed: number;
  busySeconds: number;
  /** Bulk's part. @default no instance has done any */
  bulkCompleted?: number;
  bulkBusySeconds?: number;
  /** Parts of both by workflow. @default no instance has reported any */
  workflows?: Record<string, WorkflowWork>;
  /** Service time in whose units an instance's photos are counted; where it has counters by workflow. */
  serviceSeconds?: number;
  instances: ReporterMemory[];
}

export interface ReportsInput {
  /** Epoch seconds. */
  at: number;
  backlog: number | null;
  reporters: Reporter[];
  reports: InstanceReport[];
  /** Busy seconds of a photo as the policy has learned them. */
  serviceSeconds: number;
  /** Those of a workflow that are known. @default none */
  workflowSeconds?: Record<string, number>;
  /** Instances whose reports are read. @default MOST_REPORTERS */
  most?: number;
}

export interface Belief {
  /** Sums since the first tick; undefined where no instance in service has a report that is believed. */
  reported: WorkReport | undefined;
  memory: ReportsMemory;
  disbelieved: Disbelief[];
}

/** Two ticks further apart than this say nothing about what was finished between, seconds. */
const GAP_SECONDS = 900;
/** Workers report at most this late, seconds. */
const REPORT_SECONDS = 10;
/** Busy seconds that an instance may report at once: those of a photo that took an hour. */
const MOST_BUSY_CREDIT = 3600;
/** Photos after which the weight of an instance's earlier ones has fallen to 1/e, and the weight of the others' time. */
const WINDOW_PHOTOS = 50;
const SHARED_PHOTOS = 10;
/** Photos after which an instance has a service time of its own. */
const LEAST_PHOTOS = 5;
/** Instances of which one cannot move the median beyond what another shows. */
const MEDIAN_OF = 3;

/** How far an instance may differ from its reference. */
interface Tolerance {
  /** Photos in a time, as a multiple of those that the reference finishes. */
  photos: number;
  /** Busy seconds of a photo, as a multiple and a divisor of the reference's. */
  slower: number;
  faster: number;
}

/** From the median of three or more of its type. */
const OF_ITS_TYPE: Tolerance = { photos: 2, slower: 1.5, faster: 1.5 };
/** From the median of the fleet, or what was learned before: GPUs of the shipped types differ by up to three times. */
const OF_THE_FLEET: Tolerance = { photos: 2, slower: 1.5, faster: 3 };
/**
 * From what was learned, until three of three or more have finished enough: as fast as that and no faster. What nothing
 * can be compared with does not change what was learned, or one instance could move both, tick by tick.
 */
const NOT_COMPARED: Tolerance = { photos: 1, slower: 1, faster: 1 };
/** With fewer than three instances, from what was learned: another day's photos may be that much larger or smaller. */
const ALONE: Tolerance = { photos: 4, slower: 4, faster: 8 };

interface Judged extends ReporterMemory {
  type: string | undefined;
  isPresent: boolean;
  /** Photos of the usual length that one of the reported ones is, by their workflows. @default 1 */
  factor?: number;
  /** What it reports; undefined where that is not known. */
  raw?: Increment;
  /** As far as it is believed. */
  believed?: Increment;
}

/** @param before undefined at the first tick: what was finished until then is not known, and not needed */
export function believe(input: ReportsInput, before: ReportsMemory | undefined): Belief {
  const { at, backlog, reporters, reports } = input;
  const seconds = before ? at - before.at : 0;
  if (before && seconds === 0) return { reported: sumsOf(before), memory: before, disbelieved: [] };
  const isFirst = !before || seconds < 0 || seconds > GAP_SECONDS;
  const { completed, busySeconds } = before ?? { completed: 0, busySeconds: 0 };

  const disbelieved: Disbelief[] = [];
  const known = new Map(isFirst ? [] : before.instances.map((one) => [one.instance, one]));
  const given = new Map(reports.map((one) => [one.instance, one]));
  const present = new Map(sampleOf(reporters, before, input.most).map((one) => [one.instance, one.type]));
  // Instances for which each of these stands.
  const each = present.size === 0 ? 1 : reporters.length / present.size;
  // Then one that was not among them need not be new.
  const wasSample = (before?.instances.length ?? 0) >= (input.most ?? MOST_REPORTERS);
  // One that has left since the last tick reported its last photos before it did.
  const judged = [...new Set([...present.keys(), ...known.keys()])].map((instance) => {
    const report = given.get(instance);
    const counters = report && countersOf(report);
    const one = credited(instance, known.get(instance), seconds, wasSample);
    if (before?.serviceSeconds) one.photos *= before.serviceSeconds / input.serviceSeconds;
    const judgement: Judged = { ...one, type: present.get(instance), isPresent: present.has(instance) };
    if (counters === undefined) return { ...judgement, counters: null };
    judgement.counters = null;
    if (typeof counters === 'string') {
      disbelieved.push({ instance, why: counters });
      return judgement;
    }
    judgement.counters = counters;
    // What was done while its counters could not be read is not the work of this tick.
    if (isFirst || one.counters === null) return judgement;
    const found = incrementOf(counters, { ...one, ...one.counters, seconds });
    if (typeof found === 'string') disbelieved.push({ instance, why: found });
    else addRaw(judgement, found, input);
    return judgement;
  });

  const drop = before?.backlog == null || backlog === null ? 0 : before.backlog - backlog;
  limit(judged, drop / each, input.serviceSeconds);
  const sum = isFirst ? { completed: 0, busySeconds: 0 } : sumOf(judged);
  const memory: ReportsMemory = {
    at,
    backlog,
    completed: completed + each * (sum?.completed ?? 0),
    busySeconds: busySeconds + each * (sum?.busySeconds ?? 0),
    ...partsOfSums(before, sum, each),
    ...(sum?.workflows ? { serviceSeconds: input.serviceSeconds } : {}),
    instances: judged.filter(({ isPresent }) => isPresent).map(remembered),
  };
  const isKnown = isFirst ? given.size > disbelieved.length || present.size === 0 : sum !== undefined;
  return { reported: isKnown ? sumsOf(memory) : undefined, memory, disbelieved };
}

/**
 * An instance's memory with the time since the last tick. One that is new has counted from zero.
 *
 * @param wasSample whether the last tick read the reports of a part of the fleet: one that is not known may have worked for hours
 */
function credited(
  instance: string,
  before: ReporterMemory | undefined,
  seconds: number,
  wasSample: boolean,
): ReporterMemory {
  const { busyCredit, photoCredit, ...rest } = before ?? {
    ...{
      instance,
      counters: wasSample ? null : { completed: 0, busySeconds: 0 },
      photos: 0,
      photoSeconds: 0,
    },
    ...{ busyCredit: REPORT_SECONDS, photoCredit: REPORT_SECONDS },
  };
  return {
    ...rest,
    busyCredit: Math.min(MOST_BUSY_CREDIT, busyCredit + seconds),
    photoCredit: Math.min(REPORT_SECONDS, photoCredit) + seconds,
  };
}

/** Adds what an instance reports to its window. */
function addRaw(one: Judged, raw: Increment, { serviceSeconds, workflowSeconds }: ReportsInput): void {
  one.raw = raw;
  one.factor = equivalents(raw.workflows, serviceSeconds, workflowSeconds);
  const kept = Math.exp(-raw.completed / WINDOW_PHOTOS);
  one.photos = one.photos * kept + one.factor * raw.completed;
  one.photoSeconds = one.photoSeconds * kept + raw.busySeconds;
  one.busyCredit = Math.max(0, one.busyCredit - raw.busySeconds);
}

/**
 * Limits what each instance is believed by the median of its type, or of the fleet.
 *
 * @param drop photos by which the queue fell, for as many instances as these: at least so many were finished
 * @param learned busy seconds of a photo until now
 */
function limit(judged: Judged[], drop: number, learned: number): void {
  const fleet = medianOf(judged);
  const types = new Map<string | undefined, number | undefined>();
  for (const { type } of judged) {
    if (!types.has(type)) types.set(type, medianOf(judged.filter((one) => one.type === type)));
  }
  const others = judged.length < MEDIAN_OF ? ALONE : fleet === undefined ? NOT_COMPARED : OF_THE_FLEET;
  let [total, cut] = [0, 0];
  for (const one of judged) {
    if (!one.raw) continue;
    const median = types.get(one.type);
    const tolerance = median === undefined ? others : OF_ITS_TYPE;
    one.believed = believedOf(one, one.raw, median ?? fleet ?? learned, tolerance);
    withParts(one.believed, one.raw);
    total += one.believed.completed;
    cut += one.raw.completed - one.believed.completed;
  }
  const proven = cut > 0 ? Math.max(0, Math.min(1, (drop - total) / cut)) : 0;
  if (proven === 0) return;
  for (const { raw, believed } of judged) {
    if (!raw || !believed || believed.completed === 0) continue;
    // The queue shows photos and no seconds: who deletes messages unread finishes them as fast as it is believed to.
    const factor = 1 + proven * (raw.completed / believed.completed - 1);
    believed.completed *= factor;
    believed.busySeconds = Math.min(
      believed.busySeconds * factor,
      Math.max(believed.busySeconds, raw.busySeconds),
    );
    withParts(believed, raw);
  }
}

/** As many photos as its time allows; where its service time is out of tolerance, each with the reference's. */
function believedOf(one: Judged, raw: Increment, reference: number, tolerance: Tolerance): Increment {
  const { factor = 1 } = one;
  const each = factor * reference;
  // By what is known of workflows that it names itself: no longer than it has had.
  const had = raw.workflows ? Math.max(raw.busySeconds, one.photoCredit) : Infinity;
  const completed = Math.min(raw.completed, (tolerance.photos * one.photoCredit) / each + 1);
  one.photoCredit = Math.max(0, one.photoCredit - (completed * each) / tolerance.photos);
  const most = tolerance.slower * reference;
  const seconds = (one.photoSeconds + SHARED_PHOTOS * reference) / (one.photos + SHARED_PHOTOS);
  // What is beyond is forgotten, so that an instance that is honest again is soon believed again.
  one.photoSeconds = Math.min(one.photoSeconds, 2 * most * (one.photos + SHARED_PHOTOS));
  const isLike = seconds <= most && seconds >= reference / tolerance.faster;
  if (!isLike) return { completed, busySeconds: Math.min(had, completed * each) };
  return {
    completed,
    busySeconds: raw.completed === 0 ? raw.busySeconds : (raw.busySeconds * completed) / raw.completed,
  };
}

/** Median service time of the instances that have one; undefined for fewer than {@link MEDIAN_OF}. */
function medianOf(judged: Judged[]): number | undefined {
  const times = judged
    .filter(({ photos, photoSeconds }) => photos >= LEAST_PHOTOS && photoSeconds > 0)
    .map(({ photos, photoSeconds }) => photoSeconds / photos)
    .sort((a, b) => a - b);
  if (times.length < MEDIAN_OF) return undefined;
  const middle = (times.length - 1) / 2;
  return ((times[Math.floor(middle)] as number) + (times[Math.ceil(middle)] as number)) / 2;
}

/**
 * The sum, with the mean of the others for an instance in service whose work is not known; undefined if most are such.
 *
 * One that reports much does not speak for those that report nothing: of three or more it is left out of the mean.
 */
function sumOf(judged: Judged[]): Increment | undefined {
  const sum = total(judged.flatMap(({ believed }) => believed ?? []));
  const present = judged.filter(({ isPresent }) => isPresent);
  const known = present
    .flatMap(({ believed }) => believed ?? [])
    .sort((a, b) => a.completed - b.completed || a.busySeconds - b.busySeconds);
  const unknown = present.length - known.length;
  if (unknown === 0) return sum;
  if (unknown > known.length) return undefined;
  if (known.length >= MEDIAN_OF) known.pop();
  const others = total(known);
  return withOthers(sum, unknown, others, known.length);
}

const thousandths = (value: number): number => Math.round(value * 1000) / 1000;

const remembered = (one: Judged): ReporterMemory => ({
  instance: one.instance,
  counters: one.counters,
  busyCredit: thousandths(one.busyCredit),
  photoCredit: thousandths(one.photoCredit),
  photos: thousandths(one.photos),
  photoSeconds: thousandths(one.photoSeconds),
});
