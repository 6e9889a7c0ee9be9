/**
 * Collects metrics of photos and publishes them once a minute: values with their counts, so that percentiles over the whole
 * fleet are exact and the bill does not grow with the number of photos.
 */
import type { FailureCode } from '../../contract/failure.ts';
import type { Lane } from '../../contract/lanes.ts';
import { METRICS } from '../../contract/names.ts';
import type { Outcome } from '../photo/handle-job.ts';
import type { PhotoMeasurements } from '../photo/pipeline.ts';
import { jittered } from '../../common/time.ts';
import { describeError, type Log } from './log.ts';

/** The metrics of one minute. */
export interface PhotoMetricsBatch {
  /** Photos by outcome. */
  outcomes: Map<Outcome, number>;
  /** Failed photos by code. */
  codes: Map<FailureCode, number>;
  /** Canary mismatches, at most one per instance. */
  canaryFailures: number;
  /** Changes of an instance's precision. */
  precisionChanges: number;
  /** Instance faults, each followed by a restart of ComfyUI. */
  instanceFaults: number;
  /** By metric name: values, and the number of photos with each. */
  values: Map<string, Map<number, number>>;
  /** Seconds that bulk photos waited: they have a deadline, so the waits of the stage do not include them. */
  bulkWaits: Map<number, number>;
  /** By workflow, of a stage with several: seconds in ComfyUI, and the number of photos with each. */
  workflowTimes: Map<string, Map<number, number>>;
}

export interface PhotoMetricsPorts {
  /** When it rejects, the batch is published with the next one. */
  publish: (batch: PhotoMetricsBatch) => Promise<void>;
  log: Log;
  /** From 0 to 1, for the time until the first publication. @default randomShare */
  random?: () => number;
}

/** Metric name of each measurement. */
const NAMES: Record<keyof PhotoMeasurements, string> = {
  megapixels: METRICS.megapixels,
  queueSeconds: METRICS.queueTime,
  waitSeconds: METRICS.waitTime,
  fetchSeconds: METRICS.fetchTime,
  prepareSeconds: METRICS.prepareTime,
  slotWaitSeconds: METRICS.slotWaitTime,
  comfySeconds: METRICS.comfyTime,
  batchPhotos: METRICS.batchPhotos,
  finishSeconds: METRICS.mergeTime,
  storeSeconds: METRICS.storeTime,
};

/** Published of interactive photos alone under these names: alarms on them are about the stage's target. */
const OF_WAITS = new Set<keyof PhotoMeasurements>(['queueSeconds', 'waitSeconds']);

export const PUBLISH_MS = 60_000;

const emptyBatch = (): PhotoMetricsBatch => ({
  outcomes: new Map(),
  codes: new Map(),
  canaryFailures: 0,
  precisionChanges: 0,
  instanceFaults: 0,
  values: new Map(),
  bulkWaits: new Map(),
  workflowTimes: new Map(),
});
const count = <K>(counts: Map<K, number>, key: K, by = 1) => counts.set(key, (counts.get(key) ?? 0) + by);

function addValue(to: Map<string, Map<number, number>>, name: string, value: number, by: number): void {
  to.set(name, count(to.get(name) ?? new Map<number, number>(), value, by));
}

export class PhotoMetrics {
  private batch = emptyBatch();
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();
  private periodMs: number;

  constructor(private readonly ports: PhotoMetricsPorts) {
    // A burst starts a whole fleet at once, which must not publish at the same second of each minute.
    this.periodMs = jittered(PUBLISH_MS, ports.random);
  }

  /**
   * @param code of a failed photo
   * @param workflow of a stage with several
   */
  add(
    outcome: Outcome,
    figures: PhotoMeasurements,
    code?: FailureCode,
    lane: Lane = 'interactive',
    workflow?: string,
  ): void {
    const waits = this.batch.bulkWaits;
    count(this.batch.outcomes, outcome);
    if (code) count(this.batch.codes, code);
    for (const [figure, name] of Object.entries(NAMES) as [keyof PhotoMeasurements, string][]) {
      const value = figures[figure];
      // Where the clock is behind S3's, the wait is negative, hence unknown.
      if (value === undefined || value < 0) continue;
      if (lane === 'interactive' || !OF_WAITS.has(figure)) this.addValue(name, rounded(value), 1);
      else if (figure === 'waitSeconds') count(waits, rounded(value));
    }
    const { comfySeconds } = figures;
    if (workflow !== undefined && comfySeconds !== undefined)
      addValue(this.batch.workflowTimes, workflow, rounded(comfySeconds), 1);
    this.schedule();
  }

  addInstanceFault(): void {
    this.batch.instanceFaults++;
    this.schedule();
  }

  addPrecisionChange(): void {
    this.batch.precisionChanges++;
    this.schedule();
  }

  addCanaryFailure(): void {
    this.batch.canaryFailures++;
    this.schedule();
  }

  /** Publishes everything that is not published yet; never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sending = this.sending.then(() => this.send());
    return this.sending;
  }

  private schedule(): void {
    if (this.timer) return;
    this.timer = setTimeout(() => void this.flush(), this.periodMs);
    this.periodMs = PUBLISH_MS;
    this.timer.unref();
  }

  private addValue(name: string, value: number, by: number): void {
    addValue(this.batch.values, name, value, by);
  }

  private async send(): Promise<void> {
    const { batch } = this;
    const { outcomes, instanceFaults, canaryFailures, precisionChanges } = batch;
    if (outcomes.size + instanceFaults + canaryFailures + precisionChanges === 0) return;
    this.batch = emptyBatch();
    try {
      await this.ports.publish(batch);
    } catch (error) {
      this.ports.log('warn', 'metrics-not-published', { error: describeError(error) });
      this.addBatch(batch);
    }
  }

  private addBatch(batch: PhotoMetricsBatch): void {
    const { outcomes, codes, canaryFailures, precisionChanges, instanceFaults, values, bulkWaits } = batch;
    for (const [name, counts] of batch.workflowTimes)
      for (const [value, by] of counts) addValue(this.batch.workflowTimes, name, value, by);
    for (const [value, by] of bulkWaits) count(this.batch.bulkWaits, value, by);
    for (const [outcome, by] of outcomes) count(this.batch.outcomes, outcome, by);
    for (const [code, by] of codes) count(this.batch.codes, code, by);
    this.batch.canaryFailures += canaryFailures;
    this.batch.precisionChanges += precisionChanges;
    this.batch.instanceFaults += instanceFaults;
    for (const [name, counts] of values) for (const [value, by] of counts) this.addValue(name, value, by);
    this.schedule();
  }
}

/** Two significant digits: few distinct values, so that many photos share one. */
const rounded = (value: number) => Number(value.toPrecision(2));
