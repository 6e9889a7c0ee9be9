/** A queue and a fleet in steps of a tick, sized by the real tick, in which one instance may write anything as its counters. */
import type { Spending } from '../../../contract/scaler.ts';
import type { InstanceReport } from '../../../lambda/scaler/policy/plausible.ts';
import { tick } from '../../../lambda/scaler/tick.ts';
import { emptyMemory, fromItem, toItem } from '../../../lambda/scaler/memory.ts';
import type { FleetState, MemoryState, TickPorts } from '../../../lambda/scaler/ports.ts';
import { slo } from '../../lambda/scaler/support/observations.ts';

export const TICK = 30;
export const BOOT = 90;
export const SERVICE = 6;
export const LIAR = 'i-0';
export const MAX = 20;
const START = 1_000_000;

/** What the liar writes, from the tick's number and what it has really done; undefined: nothing. */
export type Lie = (k: number, honest: InstanceReport) => Partial<InstanceReport> | undefined;

export interface Scene {
  /** Photos that arrive before each tick. */
  arrivals: number[];
  /** Instances in service at the start, and the least. */
  min: number;
  /** Tick after which the instance that lies is gone. */
  until: number;
  /** Photos that the liar deletes from the queue before a tick, of those visible. @default none */
  stolen?: (k: number, visible: number) => number;
}

interface Instance {
  id: string;
  readyAt: number;
  completed: number;
  busySeconds: number;
}

const SPENDING: Spending = {
  hourlyPrices: { 'g4dn.xlarge': 0.526 },
  onDemandBaseCapacity: 0,
  spotPercentage: 0,
  dailyLimit: 1000,
  brake: true,
};

export interface Trace {
  desired: number[];
  spent: number[];
  inService: number[];
  implausible: number[];
  /** What went wrong, of all ticks. */
  problems: string[];
}

interface Step {
  visible: number;
  inFlight: number;
  desired: number;
  reports: InstanceReport[];
  pending: number;
}

/** The queue and its instances; the instance that lies is the last to be removed. */
class FleetModel {
  visible = 0;
  desired: number;
  private instances: Instance[];
  private made = 0;

  constructor(private readonly scene: Scene) {
    this.desired = scene.min;
    this.instances = Array.from({ length: scene.min }, () => this.make(START - BOOT));
  }

  private make(at: number): Instance {
    return { id: `i-${this.made++}`, readyAt: at + BOOT, completed: 0, busySeconds: 0 };
  }

  /** Photos arrive and are finished until the tick. */
  step(k: number): Step {
    const at = START + k * TICK;
    this.visible += this.scene.arrivals[k] ?? 0;
    const working = this.instances.filter(({ readyAt }) => readyAt <= at - TICK);
    const ready = this.instances.filter(({ readyAt }) => readyAt <= at);
    const busy = Math.min(ready.length, Math.ceil(((this.scene.arrivals[k] ?? 0) * SERVICE) / TICK));
    const most = Math.min(working.length * (TICK / SERVICE), this.visible - busy);
    for (let photo = 0; photo < most; photo++) {
      const one = working[photo % working.length] as Instance;
      one.completed++;
      one.busySeconds += SERVICE;
      this.visible--;
    }
    if (ready.some(({ id }) => id === LIAR))
      this.visible -= Math.min(this.visible, this.scene.stolen?.(k, this.visible) ?? 0);
    const inFlight = Math.min(this.visible, ready.length);
    return {
      visible: this.visible - inFlight,
      inFlight,
      desired: this.desired,
      reports: ready.map(({ id, completed, busySeconds }) => ({ instance: id, completed, busySeconds })),
      pending: this.instances.length - ready.length,
    };
  }

  /** The instance that lies is terminated, and another one takes its place. */
  replaceLiar(): void {
    const liar = this.instances.find(({ id }) => id === LIAR);
    if (liar) Object.assign(liar, { id: `i-${this.made++}`, completed: 0, busySeconds: 0 });
  }

  setDesired(desired: number, k: number): void {
    this.desired = desired;
    while (this.instances.length > desired) this.instances.pop();
    while (this.instances.length < desired) this.instances.push(this.make(START + k * TICK));
  }
}

/** A scaler with a memory of its own. It sizes the fleet that it is shown, or another one does and it is only watched. */
function scaler(lie: Lie | undefined) {
  let memory = emptyMemory();
  let step: Step;
  let fleet: FleetState;
  let tickNumber = 0;
  const problems: string[] = [];
  const problem = (what: string) => void problems.push(`tick ${tickNumber}: ${what}`);
  const ports: TickPorts = {
    counts: { read: async () => ({ visible: step.visible, inFlight: step.inFlight }) },
    fleet: {
      read: async () => fleet,
      launches: async () => [],
      end: async () => {},
      setDesired: async (desired) => void (fleet = { ...fleet, desired }),
    },
    work: {
      read: async () =>
        step.reports.flatMap((report) => {
          if (report.instance !== LIAR || !lie) return [report];
          const written = lie(tickNumber, report);
          return written === undefined ? [] : [{ ...report, ...written }];
        }),
    },
    memory: {
      open: async () => memory,
      save: async (_owner, state) => {
        const item = toItem(state, problem);
        // Through the schema in every fourth tick: that takes more time than the rest of it.
        const stored = lie && tickNumber % 4 === 0 ? fromItem(item, problem) : { ...state, controls: {} };
        if (!stored.ledger || !stored.policy.slo || !stored.reports) problem('not saved');
        memory = stored satisfies MemoryState;
      },
      release: async () => {},
    },
    metrics: { publish: async () => {} },
  };
  const decide = async (k: number, shown: Step, min: number) => {
    [tickNumber, step] = [k, shown];
    const { desired, reports, pending } = shown;
    const types = { 'g4dn.xlarge': reports.length + pending };
    const reporters = reports.map(({ instance }) => ({ instance, type: 'g4dn.xlarge' }));
    fleet = { desired, inService: reports.length, pending, draining: 0, min, max: MAX, types, reporters };
    const at = START + k * TICK;
    const run = { owner: 'run', now: () => at, tickSeconds: TICK, spending: SPENDING };
    const { record, errors } = await tick(ports, slo, run);
    for (const { message } of errors) problem(message);
    if (record?.reason === 'metrics-unavailable') problem(record.reason);
    const spent = memory.ledger?.spent ?? 0;
    return { desired: fleet.desired, spent, implausible: record?.implausible ?? 0 };
  };
  return { decide, problems };
}

/** Runs a scene with the fleet sized by a scaler that reads the lies. */
export async function play(scene: Scene, lie?: Lie): Promise<Trace> {
  const model = new FleetModel(scene);
  const { decide, problems } = scaler(lie);
  const trace: Trace = { desired: [], spent: [], inService: [], implausible: [], problems };
  for (let k = 0; k < scene.arrivals.length; k++) {
    const step = model.step(k);
    const { desired, spent, implausible } = await decide(k, step, scene.min);
    model.setDesired(desired, k);
    if (k === scene.until) model.replaceLiar();
    trace.desired.push(desired);
    trace.spent.push(spent);
    trace.inService.push(step.reports.length);
    trace.implausible.push(implausible);
  }
  return trace;
}

/**
 * What one scaler decides that reads the lies, and one that reads the same reports as if nothing had been said in their
 * place; of the same fleet, which a third one, that reads the truth, has sized.
 */
export async function watch(scene: Scene, lie: Lie) {
  const model = new FleetModel(scene);
  const [honest, deceived] = [scaler(undefined), scaler(lie)];
  const found: Record<'honest' | 'deceived' | 'inService', number[]> = {
    honest: [],
    deceived: [],
    inService: [],
  };
  for (let k = 0; k < scene.arrivals.length; k++) {
    const step = model.step(k);
    found.deceived.push((await deceived.decide(k, step, scene.min)).desired);
    const { desired } = await honest.decide(k, step, scene.min);
    found.honest.push(desired);
    found.inService.push(step.reports.length);
    model.setDesired(desired, k);
    if (k === scene.until) model.replaceLiar();
  }
  return found;
}
