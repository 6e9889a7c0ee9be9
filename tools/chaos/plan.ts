/** Plans faults from a seed: the same seed gives the same faults in the same order. */
import { randomNumbers } from '../../local/samples/noise.ts';

/** Relative frequency of each kind of fault. */
export const FAULTS = {
  'worker killed': 3,
  'worker frozen': 1.5,
  'image process killed': 3,
  'image process hung': 1,
  'ComfyUI killed': 3,
  'ComfyUI restarted, its queue lost': 2,
  'ComfyUI frozen': 2,
  'ComfyUI prompt thread stopped': 0.7,
  'photo that fails its batch': 2,
  'batch failed': 2,
  'result of a batch cut': 1,
  'batch lost': 1,
  'ComfyUI ended in a batch': 1,
  'log agent killed': 1.5,
  'disk full': 1.2,
  'clock changed': 2,
  'Spot interruption': 1,
  'instance slow to drain': 1,
  'instances drained in a burst': 1,
  'instance terminated without notice': 0.7,
  'S3 and SQS error burst': 2,
  'messages duplicated': 3,
  'messages delayed and reordered': 3,
  'photo replaced': 5,
  'photo sent again': 2,
  'poison message': 0.5,
  'message without a photo': 1,
} as const;

export type FaultKind = keyof typeof FAULTS;

export interface PlannedFault {
  kind: FaultKind;
  /** Seconds after the previous fault. */
  delaySeconds: number;
  /** 0 to 1: position of the target among the candidates. */
  target: number;
  /** 0 to 1: scales duration or amount. */
  magnitude: number;
}

/** @param everySeconds mean seconds between two faults; intervals are exponential */
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
