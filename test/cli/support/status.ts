/** Builders of the parts of a status. */
import type { StatusParts } from '../../../cli/status/parts.ts';
import { memoryOf, NOW, records } from './memory.ts';

export const DAY = Math.floor(NOW / 86_400);
export const ledger = { at: NOW - 4, perHour: 1.578, day: DAY, spent: 4.2, inService: 3, busySeconds: null };
export const alarm = (id: string, state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' = 'OK', ago = 300) => ({
  name: `ddcolor-elastic-dev-${id}`,
  state,
  since: NOW - ago,
});

export const parts = (more: Partial<StatusParts> = {}): StatusParts => ({
  queue: { value: { waiting: 12, inFlight: 3 } },
  bulk: { value: null },
  oldest: { value: { first: 34, sidelined: 95 } },
  deadLetters: { value: 2 },
  fleet: { value: { desired: 5, inService: 3, pending: 2, draining: 1, min: 0, max: 20 } },
  memory: {
    value: memoryOf(records({ desired: 3 }, { desired: 3 }, { reason: 'scale-out', desired: 5, needed: 5 }), {
      ledger,
      controls: { pauseScaleIn: { until: NOW + 1800 }, floor: { instances: 2, until: NOW - 1 } },
    }),
  },
  alarms: {
    value: [alarm('dead-letters', 'ALARM'), alarm('failures'), alarm('no-tick', 'INSUFFICIENT_DATA')],
  },
  ...more,
});
