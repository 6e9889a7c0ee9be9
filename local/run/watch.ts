/** Looks at the stack once a second, from outside, until a condition holds. */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '../../contract/failure.ts';
import { INCOMING, RESULTS } from '../../contract/keys.ts';
import { MEMORY_KEY } from '../../contract/names.ts';
import { fromItem } from '../../lambda/scaler/memory.ts';
import { readEnds, readFailure, type End } from './outcomes.ts';
import type { Photo } from './photos.ts';
import type { Recorder } from './recorder.ts';
import type { LocalStack } from './stack.ts';

const EVERY_MS = 1000;

async function counts(stack: LocalStack): Promise<{ visible: number; inFlight: number }> {
  const { Attributes } = await stack.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: stack.outputs.QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return {
    visible: Number(Attributes?.ApproximateNumberOfMessages),
    inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
  };
}

export class Watcher {
  private readonly coloured = new Set<string>();
  private readonly failures = new Map<string, Failure>();

  constructor(
    private readonly stack: LocalStack,
    private readonly recorder: Recorder,
    private readonly photos: Photo[],
  ) {}

  /** One look at everything. */
  async look(): Promise<void> {
    const { stack, recorder, photos } = this;
    const [queue, ends, item] = await Promise.all([
      counts(stack),
      readEnds(stack.s3, stack.outputs.BucketName ?? '', photos),
      stack.dynamo.send(
        new GetItemCommand({
          TableName: stack.outputs.TableName,
          Key: { id: { S: MEMORY_KEY } },
          ConsistentRead: true,
        }),
      ),
    ]);
    const decisions = item.Item ? fromItem(unmarshall(item.Item)).recent : [];
    const fleet = stack.agent.snapshot(stack.groupName);
    await this.readFailures(ends);
    const t = recorder.elapsed();
    recorder.update((state) => {
      const values = [...ends.values()];
      state.photos.coloured = values.filter((end) => end === 'coloured').length;
      state.photos.failed = values.filter((end) => end === 'failed').length;
      state.failures = [...this.failures].map(([key, { code, message }]) => ({ key, code, message }));
      for (const [key, end] of ends) {
        if (end !== 'coloured' || this.coloured.has(key)) continue;
        this.coloured.add(key);
        state.pairs.unshift({
          key,
          t,
          waitSeconds: state.waits.find((wait) => wait.key === key)?.seconds ?? null,
        });
      }
      const inState = (prefix: string) =>
        fleet.instances.filter((i) => i.lifecycleState.startsWith(prefix)).length;
      state.instances = fleet.instances.map((i) => ({
        id: i.id,
        state: i.lifecycleState,
        since: i.launchedAt,
      }));
      state.decisions = decisions
        .map((decision) => ({ ...decision, t: recorder.elapsed(decision.at * 1000) }))
        .reverse();
      state.timeline.push({
        t,
        ...queue,
        desired: fleet.desired,
        inService: inState('InService'),
        pending: inState('Pending'),
        draining: inState('Terminating'),
        reason: state.decisions[0]?.reason ?? null,
      });
    });
  }

  /** Why photos have failed. A last attempt may still turn `retries-exhausted` into a result, so that one is read again. */
  private async readFailures(ends: Map<string, End>): Promise<void> {
    const { s3, outputs } = this.stack;
    for (const [key, end] of ends) {
      const known = this.failures.get(key);
      if (end !== 'failed') this.failures.delete(key);
      else if (known === undefined || known.code === 'retries-exhausted') {
        const read = await readFailure(s3, outputs.BucketName ?? '', key).catch(() => undefined);
        if (read) this.failures.set(key, read);
      }
    }
  }

  /**
   * Looks each second until `done`.
   *
   * @returns false when neither a photo nor the fleet got anywhere for `patienceSeconds`
   */
  async until(done: () => boolean, patienceSeconds: number, abort: AbortSignal): Promise<boolean> {
    let signature = '';
    let changedAt = Date.now();
    for (;;) {
      abort.throwIfAborted();
      await this.look();
      if (done()) return true;
      const { photos, timeline } = this.recorder.current();
      const row = timeline.at(-1);
      // Without those on their way: a fleet whose instances come and go and never serve is no progress.
      const now = JSON.stringify([photos, row?.visible, row?.inFlight, row?.desired, row?.inService]);
      if (now !== signature) [signature, changedAt] = [now, Date.now()];
      if (Date.now() - changedAt > patienceSeconds * 1000) return false;
      await sleep(EVERY_MS, undefined, { signal: abort });
    }
  }
}

/** Bytes of a photo before or after, for the page. */
export const sideKey = (side: 'before' | 'after', key: string) =>
  (side === 'before' ? INCOMING : RESULTS) + key;
