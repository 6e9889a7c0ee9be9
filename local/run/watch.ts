/** Polls queue, bucket, fleet and scaler memory once a second and records what they show. */
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceSnapshot } from '../fleet/agent.ts';
import type { Failure } from '../../contract/failure.ts';
import { resultKey } from '../../contract/keys.ts';
import { isPhotoKey, queueUrlsOf } from '../../contract/lanes.ts';
import { photoLogId } from '../../contract/trace.ts';
import { fleetOf } from './fleet.ts';
import { readMemory } from './memory.ts';
import { readOutcomes, readFailure, type PhotoOutcome } from './outcomes.ts';
import type { Photo } from './photos.ts';
import type { Recorder } from './recorder.ts';
import type { LocalStack } from './stack.ts';

const POLL_MS = 1000;

/** Messages of all job queues. */
async function counts({ sqs, outputs }: LocalStack): Promise<{ visible: number; inFlight: number }> {
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const all = await Promise.all(
    queueUrlsOf(outputs).map((QueueUrl) =>
      sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] })),
    ),
  );
  const [visible = NaN, inFlight = NaN] = AttributeNames.map((name) =>
    all.reduce((sum, { Attributes }) => sum + Number(Attributes?.[name]), 0),
  );
  return { visible, inFlight };
}

export class Watcher {
  private readonly succeeded = new Set<string>();
  private readonly failures = new Map<string, Failure>();

  constructor(
    private readonly stack: LocalStack,
    private readonly recorder: Recorder,
    private readonly photos: Photo[],
  ) {}

  private async poll(): Promise<void> {
    const { stack, recorder, photos } = this;
    const [queue, outcomes, memory] = await Promise.all([
      counts(stack),
      readOutcomes(stack.s3, stack.outputs.BucketName ?? '', photos),
      readMemory(stack),
    ]);
    const decisions = memory?.recent ?? [];
    const fleet = fleetOf(stack);
    await this.readFailures(outcomes);
    const logIdOf = (key: string) => photoLogId(stack.outputs.BucketName ?? '', key);
    const t = recorder.elapsed();
    recorder.update((state) => {
      const values = [...outcomes.values()];
      state.photos.succeeded = values.filter((outcome) => outcome === 'succeeded').length;
      state.photos.failed = values.filter((outcome) => outcome === 'failed').length;
      state.failures = [...this.failures].map(([key, { code, message }]) => ({ key, code, message }));
      for (const [key, outcome] of outcomes) {
        if (outcome !== 'succeeded' || this.succeeded.has(key)) continue;
        this.succeeded.add(key);
        state.pairs.unshift({
          key,
          t,
          waitSeconds: state.waits.find((wait) => wait.photo === logIdOf(key))?.seconds ?? null,
        });
      }
      const inState = (prefix: string) =>
        fleet.instances.filter((i) => i.lifecycleState.startsWith(prefix)).length;
      const row = ({ id, lifecycleState, launchedAt, market }: InstanceSnapshot) => ({
        ...{ id, state: lifecycleState, since: launchedAt, market },
      });
      state.instances = fleet.instances.map(row);
      state.warm = fleet.warm.map(row);
      const inService = fleet.instances.filter((i) => i.lifecycleState === 'InService');
      state.decisions = decisions
        .map((decision) => ({ ...decision, t: recorder.elapsed(decision.at * 1000) }))
        .reverse();
      state.timeline.push({
        t,
        ...queue,
        desired: fleet.desired,
        inService: inService.length,
        onDemand: inService.filter(({ market }) => market === 'on-demand').length,
        stopped: fleet.warm.filter((i) => i.lifecycleState === 'Warmed:Stopped').length,
        pending: inState('Pending'),
        draining: inState('Terminating'),
        reason: state.decisions[0]?.reason ?? null,
      });
    });
  }

  /** Reads failure records; `retries-exhausted` is read again, since a redrive may replace it by a result. */
  private async readFailures(outcomes: Map<string, PhotoOutcome>): Promise<void> {
    const { s3, outputs } = this.stack;
    for (const [key, outcome] of outcomes) {
      const known = this.failures.get(key);
      if (outcome !== 'failed') this.failures.delete(key);
      else if (known === undefined || known.code === 'retries-exhausted') {
        const read = await readFailure(s3, outputs.BucketName ?? '', key).catch(() => undefined);
        if (read) this.failures.set(key, read);
      }
    }
  }

  /**
   * Polls until `done` returns true.
   *
   * @returns false when neither photos nor fleet have changed for `patienceSeconds`
   */
  async until(done: () => boolean, patienceSeconds: number, abort: AbortSignal): Promise<boolean> {
    let signature = '';
    let changedAt = Date.now();
    for (;;) {
      abort.throwIfAborted();
      await this.poll();
      if (done()) return true;
      const { photos, timeline } = this.recorder.current();
      const row = timeline.at(-1);
      // Pending instances are left out: instances that are launched and never reach service are no progress.
      const now = JSON.stringify([photos, row?.visible, row?.inFlight, row?.desired, row?.inService]);
      if (now !== signature) [signature, changedAt] = [now, Date.now()];
      if (Date.now() - changedAt > patienceSeconds * 1000) return false;
      await sleep(POLL_MS, undefined, { signal: abort });
    }
  }
}

/** S3 key of a photo, or of its result; undefined for what is no photo's. */
export function sideKey(side: 'before' | 'after', photoKey: string): string | undefined {
  if (!isPhotoKey(photoKey)) return undefined;
  return side === 'before' ? photoKey : resultKey(photoKey);
}
