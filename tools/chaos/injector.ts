/** Carries out the planned faults, one after another, until told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultKind, PlannedFault } from './plan.ts';
import type { Machines } from './instances.ts';
import type { Product } from './uploads.ts';
import type { Proxy } from './proxy.ts';
import type { MessageTrouble } from './message-faults.ts';

export interface Victims {
  machines: Machines;
  messages: MessageTrouble;
  product: Product;
  proxy: Proxy;
}

/** Whether there was somebody to hit. */
type Act = (victims: Victims, fault: PlannedFault) => boolean | Promise<boolean>;
type Machine = NonNullable<ReturnType<Machines['pick']>>;

const between = (low: number, high: number, much: number) => low + (high - low) * much;

const onMachine =
  (act: (machines: Machines, machine: Machine, much: number) => boolean | Promise<boolean>): Act =>
  ({ machines }, { whom, much }) => {
    const machine = machines.pick(whom);
    return machine ? act(machines, machine, much) : false;
  };

const onPhoto =
  (act: (product: Product, number: number) => Promise<boolean>): Act =>
  ({ product }, { whom }) =>
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
  'ComfyUI a zombie': onMachine((machines, machine) => machines.makeZombie(machine)),
  'disk full': onMachine((machines, machine, much) =>
    machines.fillDisk(machine, between(2000, 15_000, much)),
  ),
  'clock jumps': onMachine((machines, machine, much) => machines.setClock(machine, much)),
  'Spot notice, then gone': onMachine((machines, machine) => machines.noticeSpot(machine)),
  'machine gone without notice': onMachine((machines, machine) => machines.end(machine)),
  'S3 and SQS in trouble': ({ proxy }, { much }) => {
    proxy.storm(true);
    setTimeout(() => proxy.storm(false), between(2000, 8000, much)).unref();
    return true;
  },
  'messages duplicated': async ({ messages }, { much }) => (await messages.duplicate(much)) > 0,
  'messages delayed and reordered': async ({ messages }, { much }) => (await messages.delay(much)) > 0,
  'photo replaced': onPhoto((product, number) => product.replace(number)),
  'photo sent again': onPhoto((product, number) => product.sendAgain(number)),
  'poison message': async ({ messages }, { much }) => {
    await messages.sendPoison(much);
    return true;
  },
};

export class Injector {
  readonly counts = new Map<FaultKind, number>();
  /** Faults that found nobody, such as a kill while no instance was in service. */
  missed = 0;

  constructor(
    private readonly victims: Victims,
    private readonly plan: Iterator<PlannedFault, never>,
  ) {}

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Until `stop`; then everything is as it should be again. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const fault = this.plan.next().value;
      await sleep(fault.after * 1000, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) break;
      const hit = await ACTS[fault.kind](this.victims, fault);
      if (hit) this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1);
      else this.missed++;
    }
    this.victims.machines.heal();
    this.victims.proxy.heal();
  }
}
