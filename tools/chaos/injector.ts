/** Carries out the planned faults, one after another, until told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultKind, PlannedFault } from './plan.ts';
import type { Instances } from './instances.ts';
import type { Uploads } from './uploads.ts';
import type { FaultProxy } from './proxy.ts';
import type { MessageFaults } from './message-faults.ts';

export interface FaultTargets {
  machines: Instances;
  messages: MessageFaults;
  product: Uploads;
  proxy: FaultProxy;
}

/** Whether there was somebody to hit. */
type Act = (targets: FaultTargets, fault: PlannedFault) => boolean | Promise<boolean>;
type Machine = NonNullable<ReturnType<Instances['pick']>>;

const between = (low: number, high: number, much: number) => low + (high - low) * much;

const onMachine =
  (act: (machines: Instances, machine: Machine, much: number) => boolean | Promise<boolean>): Act =>
  ({ machines }, { target: whom, magnitude: much }) => {
    const machine = machines.pick(whom);
    return machine ? act(machines, machine, much) : false;
  };

const onPhoto =
  (act: (product: Uploads, number: number) => Promise<boolean>): Act =>
  ({ product }, { target: whom }) =>
    act(product, Math.floor(whom * product.photos.size));

const ACTS: Record<FaultKind, Act> = {
  'worker killed': onMachine((machines, machine) => machines.signal(machine, 'worker', 'SIGKILL')),
  // Often beyond the visibility timeout, so that two have the same photo.
  'worker frozen': onMachine((machines, machine, much) =>
    machines.freeze(machine, 'worker', between(2000, 30_000, much)),
  ),
  'ComfyUI killed': onMachine((machines, machine) => machines.signal(machine, 'comfyui', 'SIGKILL')),
  'ComfyUI restarted, its queue lost': onMachine((machines, machine) =>
    machines.signal(machine, 'comfyui', 'SIGTERM'),
  ),
  'ComfyUI frozen': onMachine((machines, machine, much) =>
    machines.freeze(machine, 'comfyui', between(1000, 25_000, much)),
  ),
  'ComfyUI a zombie': onMachine((machines, machine) => machines.stopExecutor(machine)),
  'disk full': onMachine((machines, machine, much) =>
    machines.fillDisk(machine, between(2000, 15_000, much)),
  ),
  'clock jumps': onMachine((machines, machine, much) => machines.setClock(machine, much)),
  'Spot notice, then gone': onMachine((machines, machine) => machines.interruptSpot(machine)),
  'machine gone without notice': onMachine((machines, machine) => machines.terminate(machine)),
  'S3 and SQS in trouble': ({ proxy }, { magnitude: much }) => {
    proxy.setBurst(true);
    setTimeout(() => proxy.setBurst(false), between(2000, 8000, much)).unref();
    return true;
  },
  'messages duplicated': async ({ messages }, { magnitude: much }) => (await messages.duplicate(much)) > 0,
  'messages delayed and reordered': async ({ messages }, { magnitude: much }) =>
    (await messages.delay(much)) > 0,
  'photo replaced': onPhoto((product, number) => product.replace(number)),
  'photo sent again': onPhoto((product, number) => product.sendAgain(number)),
  'poison message': async ({ messages }, { magnitude: much }) => {
    await messages.sendPoison(much);
    return true;
  },
};

export class Injector {
  readonly counts = new Map<FaultKind, number>();
  /** Faults that found nobody, such as a kill while no instance was in service. */
  withoutTarget = 0;

  constructor(
    private readonly victims: FaultTargets,
    private readonly plan: Iterator<PlannedFault, never>,
  ) {}

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Until `stop`; then everything is as it should be again. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const fault = this.plan.next().value;
      await sleep(fault.delaySeconds * 1000, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) break;
      const hit = await ACTS[fault.kind](this.victims, fault);
      if (hit) this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1);
      else this.withoutTarget++;
    }
    this.victims.machines.stopFaults();
    this.victims.proxy.stopFaults();
  }
}
