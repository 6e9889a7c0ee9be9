/** Injects the planned faults, one after another. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchFault } from '../../local/comfyui/chroma-nodes.ts';
import type { FaultKind, PlannedFault } from './plan.ts';
import type { Instances } from './instances.ts';
import type { Uploads } from './uploads.ts';
import type { FaultProxy } from './proxy.ts';
import type { MessageFaults } from './message-faults.ts';

export interface FaultTargets {
  instances: Instances;
  messages: MessageFaults;
  uploads: Uploads;
  proxy: FaultProxy;
}

/** @returns whether the fault had a target */
type Act = (targets: FaultTargets, fault: PlannedFault) => boolean | Promise<boolean>;
type Instance = NonNullable<ReturnType<Instances['pick']>>;

const scale = (low: number, high: number, magnitude: number) => low + (high - low) * magnitude;

const onInstance =
  (act: (instances: Instances, instance: Instance, magnitude: number) => boolean | Promise<boolean>): Act =>
  ({ instances }, { target, magnitude }) => {
    const instance = instances.pick(target);
    return instance ? act(instances, instance, magnitude) : false;
  };

/** For some seconds, in which the instance may have batches. */
const inBatches = (fault: BatchFault): Act =>
  onInstance((instances, instance, magnitude) =>
    instances.failBatches(instance, fault, scale(2000, 8000, magnitude)),
  );

const onPhoto =
  (act: (uploads: Uploads, number: number) => Promise<boolean>): Act =>
  ({ uploads }, { target }) =>
    act(uploads, Math.floor(target * uploads.photos.size));

const ACTS: Record<FaultKind, Act> = {
  'worker killed': onInstance((instances, instance) => instances.signal(instance, 'worker', 'SIGKILL')),
  // Often longer than the visibility timeout, so that two workers have the same photo.
  'worker frozen': onInstance((instances, instance, magnitude) =>
    instances.freeze(instance, 'worker', scale(2000, 30_000, magnitude)),
  ),
  'image process killed': onInstance((instances, instance, magnitude) =>
    instances.killImageProcess(instance, magnitude),
  ),
  // The deadline of its photo ends it.
  'image process hung': onInstance((instances, instance, magnitude) =>
    instances.hangImageProcess(instance, magnitude),
  ),
  'ComfyUI killed': onInstance((instances, instance) => instances.signal(instance, 'comfyui', 'SIGKILL')),
  'ComfyUI restarted, its queue lost': onInstance((instances, instance) =>
    instances.signal(instance, 'comfyui', 'SIGTERM'),
  ),
  'ComfyUI frozen': onInstance((instances, instance, magnitude) =>
    instances.freeze(instance, 'comfyui', scale(1000, 25_000, magnitude)),
  ),
  'ComfyUI prompt thread stopped': onInstance((instances, instance) => instances.stopExecutor(instance)),
  'photo that fails its batch': inBatches('photo-fails'),
  'batch failed': inBatches('prompt-fails'),
  'result of a batch cut': inBatches('cut'),
  'batch lost': inBatches('lost'),
  'ComfyUI ended in a batch': inBatches('ended'),
  'log agent killed': onInstance((instances, instance) => instances.signal(instance, 'log-agent', 'SIGKILL')),
  'disk full': onInstance((instances, instance, magnitude) =>
    instances.fillDisk(instance, scale(2000, 15_000, magnitude)),
  ),
  'clock changed': onInstance((instances, instance, magnitude) => instances.setClock(instance, magnitude)),
  'Spot interruption': onInstance((instances, instance) => instances.interruptSpot(instance)),
  // Often longer than the visibility timeout.
  'instance slow to drain': onInstance((instances, instance, magnitude) =>
    instances.drainSlowly(instance, scale(5000, 40_000, magnitude)),
  ),
  'instances drained in a burst': ({ instances }, { magnitude }) => instances.drainSome(magnitude),
  'instance terminated without notice': onInstance((instances, instance) => instances.terminate(instance)),
  'S3 and SQS error burst': ({ proxy }, { magnitude }) => {
    proxy.setBurst(true);
    setTimeout(() => proxy.setBurst(false), scale(2000, 8000, magnitude)).unref();
    return true;
  },
  'messages duplicated': async ({ messages }, { magnitude }) => (await messages.duplicate(magnitude)) > 0,
  'messages delayed and reordered': async ({ messages }, { magnitude }) =>
    (await messages.delay(magnitude)) > 0,
  'photo replaced': onPhoto((uploads, number) => uploads.replace(number)),
  'photo sent again': onPhoto((uploads, number) => uploads.sendAgain(number)),
  'message without a photo': async ({ messages }, { magnitude }) => {
    await messages.sendEmpty(magnitude);
    return true;
  },
  'poison message': async ({ messages }, { magnitude }) => {
    await messages.sendPoison(magnitude);
    return true;
  },
};

export class Injector {
  readonly counts = new Map<FaultKind, number>();
  /** Faults without a target, such as a kill while no instance was in service. */
  withoutTarget = 0;

  constructor(
    private readonly targets: FaultTargets,
    private readonly plan: Iterator<PlannedFault, never>,
  ) {}

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Injects faults until `stop`, then undoes all that still last. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const fault = this.plan.next().value;
      await sleep(fault.delaySeconds * 1000, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) break;
      const hadTarget = await ACTS[fault.kind](this.targets, fault);
      if (hadTarget) this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1);
      else this.withoutTarget++;
    }
    this.targets.instances.stopFaults();
    this.targets.proxy.stopFaults();
  }
}
