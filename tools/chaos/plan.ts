/** What happens when, from a seed: the same seed plans the same faults in the same order. */
import { randomNumbers } from '../../local/samples/noise.ts';

/** Kinds of fault, and how often each comes in proportion to the others. */
export const FAULTS = {
  'worker killed': 3,
  'worker frozen': 1.5,
  'ComfyUI killed': 3,
  'ComfyUI restarted, its queue lost': 2,
  'ComfyUI frozen': 2,
  'ComfyUI a zombie': 0.7,
  'disk full': 1.2,
  'clock jumps': 2,
  'Spot notice, then gone': 1,
  'machine gone without notice': 0.7,
  'S3 and SQS in trouble': 2,
  'messages duplicated': 3,
  'messages delayed and reordered': 3,
  'photo replaced': 5,
  'photo sent again': 2,
  'poison message': 0.5,
} as const;

export type FaultKind = keyof typeof FAULTS;

export interface PlannedFault {
  kind: FaultKind;
  /** Seconds after the one before. */
  delaySeconds: number;
  /** From 0 to 1: whom it hits. */
  target: number;
  /** From 0 to 1: how long or how much. */
  magnitude: number;
}

/** @param everySeconds mean time between two faults; times are exponential */
export function* planFaults(seed: number, everySeconds: number): Generator<PlannedFault, never> {
  const random = randomNumbers(seed * 7919 + 1);
  const kinds = Object.entries(FAULTS) as [FaultKind, number][];
  const total = kinds.reduce((sum, [, weight]) => sum + weight, 0);
  for (;;) {
    let left = random() * total;
    const [kind] = kinds.find(([, weight]) => (left -= weight) < 0) ?? kinds[0]!;
    yield {
      kind,
      delaySeconds: -Math.log(1 - random()) * everySeconds,
      target: random(),
      magnitude: random(),
    };
  }
}
