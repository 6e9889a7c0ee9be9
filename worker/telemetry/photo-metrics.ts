/**
 * What CloudWatch is told of photos: once a minute and instance, values with their counts, so that percentiles over the whole
 * fleet are right and the bill does not grow with photos.
 */
import type { FailureCode } from '../../contract/failure.ts';
import { METRICS } from '../../contract/names.ts';
import type { PhotoMeasurements } from '../photo/pipeline.ts';
import { describeError, type Log } from './log.ts';
import type { Outcome } from '../photo/handle-message.ts';

/** What a minute has brought. */
export interface PhotoMetricsBatch {
  /** Photos by how they were left. */
  outcomes: Map<Outcome, number>;
  /** Photos that failed, by why. */
  codes: Map<FailureCode, number>;
  /** Times that this machine's model was found to be another than the one that was baked. */
  wrongColours: number;
  /** Faults of this machine after which ComfyUI began anew. */
  faults: number;
  /** By the metric's name: values, and how many photos had each. */
  values: Map<string, Map<number, number>>;
}

export interface PhotoMetricsPorts {
  /** May reject: what it was given goes with the next minute's. */
  publish: (figures: PhotoMetricsBatch) => Promise<void>;
  log: Log;
}

/** Names of the metrics for what is known of a photo. */
const NAMES: Record<keyof PhotoMeasurements, string> = {
  megapixels: METRICS.megapixels,
  queueSeconds: METRICS.queueTime,
  waitSeconds: METRICS.waitTime,
  fetchSeconds: METRICS.fetchTime,
  prepareSeconds: METRICS.prepareTime,
  slotWaitSeconds: METRICS.slotWaitTime,
  comfySeconds: METRICS.comfyTime,
  finishSeconds: METRICS.mergeTime,
  storeSeconds: METRICS.storeTime,
};

export const PUBLISH_MS = 60_000;

const nothing = (): PhotoMetricsBatch => ({
  outcomes: new Map(),
  codes: new Map(),
  wrongColours: 0,
  faults: 0,
  values: new Map(),
});
const count = <K>(counts: Map<K, number>, key: K, by = 1) => counts.set(key, (counts.get(key) ?? 0) + by);

export class PhotoMetrics {
  private figures = nothing();
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();

  constructor(private readonly ports: PhotoMetricsPorts) {}

  /** A photo was left; with a code when it failed. */
  add(outcome: Outcome, figures: PhotoMeasurements, code?: FailureCode): void {
    count(this.figures.outcomes, outcome);
    if (code) count(this.figures.codes, code);
    for (const [figure, name] of Object.entries(NAMES) as [keyof PhotoMeasurements, string][]) {
      const value = figures[figure];
      // A machine whose clock is behind sees photos from the future: how long they waited is not known.
      if (value === undefined || value < 0) continue;
      this.addValue(name, rounded(value), 1);
    }
    this.plan();
  }

  /** This machine had a fault. */
  fault(): void {
    this.figures.faults++;
    this.plan();
  }

  /** The test picture had other colours than recorded. */
  wrongColours(): void {
    this.figures.wrongColours++;
    this.plan();
  }

  /** Publishes what is not published yet; never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sending = this.sending.then(() => this.send());
    return this.sending;
  }

  private plan(): void {
    if (this.timer) return;
    this.timer = setTimeout(() => void this.flush(), PUBLISH_MS);
    this.timer.unref();
  }

  private addValue(name: string, value: number, by: number): void {
    const counts = this.figures.values.get(name) ?? new Map<number, number>();
    this.figures.values.set(name, count(counts, value, by));
  }

  private async send(): Promise<void> {
    const { figures } = this;
    if (figures.outcomes.size === 0 && figures.faults === 0 && figures.wrongColours === 0) return;
    this.figures = nothing();
    try {
      await this.ports.publish(figures);
    } catch (error) {
      this.ports.log('warn', 'metrics-not-published', { error: describeError(error) });
      this.addAgain(figures);
    }
  }

  private addAgain({ outcomes, codes, wrongColours, faults, values }: PhotoMetricsBatch): void {
    for (const [outcome, by] of outcomes) count(this.figures.outcomes, outcome, by);
    for (const [code, by] of codes) count(this.figures.codes, code, by);
    this.figures.wrongColours += wrongColours;
    this.figures.faults += faults;
    for (const [name, counts] of values) for (const [value, by] of counts) this.addValue(name, value, by);
    this.plan();
  }
}

/** Two digits that count: few values, so that many photos share one. */
const rounded = (value: number) => Number(value.toPrecision(2));
