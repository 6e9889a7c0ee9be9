/** When the launches of a fleet are read: each read is a call to an API that throttles the whole account. */
import { beforeEach, expect, it } from 'vitest';
import { collectErrors } from '../../../lambda/scaler/context.ts';
import { emptyMemory } from '../../../lambda/scaler/memory.ts';
import { readLaunches } from '../../../lambda/scaler/read-launches.ts';
import type { FleetCounts, FleetState, MemoryState } from '../../../lambda/scaler/ports.ts';
import { fakePorts, type FakePorts } from './support/fakes.ts';

const AT = 1_000_000;
let ports: FakePorts;
beforeEach(() => {
  ports = fakePorts();
});

const counts = (more: Partial<FleetCounts> = {}): FleetCounts => ({
  ...{ desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 9 },
  ...more,
});
/** With the sums of both pools. */
const pooled = (spot: Partial<FleetCounts>, onDemand: Partial<FleetCounts>): FleetState => {
  const pools = { spot: counts(spot), onDemand: counts(onDemand), stopped: 0 };
  const sum = (key: keyof FleetCounts) => pools.spot[key] + pools.onDemand[key];
  const [desired, inService, pending] = [sum('desired'), sum('inService'), sum('pending')];
  return { ...counts({ desired, inService, pending }), pools };
};
/** @param coming Spot instances on their way at the last tick */
const remembered = (coming: number): MemoryState => {
  const pools = { at: AT - 30, coming, handover: 0, refusals: [], isReturning: false, missingSince: {} };
  return { ...emptyMemory(), policy: { pools: { ...pools, lasting: [], boots: 0, bootSeconds: 0 } } };
};

it.each<[string, FleetState, MemoryState, reads: boolean]>([
  ['at rest', counts({ desired: 2, inService: 2 }), emptyMemory(), false],
  ['with an instance that boots', counts({ desired: 2, inService: 1, pending: 1 }), emptyMemory(), true],
  ['with an instance that is missing', counts({ desired: 2, inService: 1 }), emptyMemory(), true],
  [
    'of two pools at rest',
    pooled({ desired: 1, inService: 1 }, { desired: 1, inService: 1 }),
    remembered(0),
    false,
  ],
  [
    'whose sum hides what one pool lacks: the other still has an instance that it need not have',
    pooled({ desired: 1, inService: 0 }, { desired: 1, inService: 2 }),
    remembered(0),
    true,
  ],
  [
    'whose last Spot instance has come into service since: its boot is measured',
    pooled({ desired: 1, inService: 1 }, {}),
    remembered(1),
    true,
  ],
])('a fleet %s', async (_name, fleet, state, reads) => {
  const { attempt, errors } = collectErrors();
  const launches = await readLaunches({ ports, at: AT, attempt }, fleet, state);
  expect(launches).toEqual({ all: [], refused: 0, failed: [] });
  expect(ports.calls.some(([call]) => call === 'fleet.launches')).toBe(reads);
  expect(errors).toEqual([]);
});
