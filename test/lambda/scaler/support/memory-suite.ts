/** One suite for every implementation of the scaler's memory. */
import { beforeEach, describe, expect, it } from 'vitest';
import { viewSchema, type View } from '../../../../contract/view.ts';
import { emptyRate } from '../../../../lambda/scaler/policy/rate.ts';
import { emptySlo } from '../../../../lambda/scaler/policy/slo.ts';
import type { Memory, MemoryState } from '../../../../lambda/scaler/ports.ts';
import { drive, last } from './observations.ts';

export const remembered: MemoryState = {
  controls: {},
  policy: {
    lastOutAt: 90,
    pools: {
      ...{ at: 95, handover: 1, coming: 2, boots: 3, bootSeconds: 250.5 },
      refusals: [{ pool: 'spot', type: 'g4dn.xlarge', zone: 'us-east-1a', until: 200 }],
      ...{ shortAt: 20, isReturning: true, missingSince: { spot: 80 }, lasting: [{ at: 10, count: 2 }] },
    },
    slo: last(drive([{ visible: 300 }, { visible: 250, inFlight: 3, inService: 3, desired: 8 }])).memory.slo,
  },
  recent: [
    {
      at: 95,
      reason: 'metrics-unavailable',
      needed: null,
      visible: null,
      inFlight: null,
      desired: 2,
      inService: 1,
      pending: 1,
      draining: 0,
      min: 0,
      max: 5,
      completed: 12,
      pools: {
        spot: { before: 1, desired: 2, inService: 0, pending: 1, draining: 0 },
        onDemand: { before: 1, desired: 1, inService: 1, pending: 0, draining: 0 },
        stopped: 3,
      },
    },
  ],
};

const view: View = {
  at: 95.125,
  tickSeconds: 30,
  visible: 4,
  inFlight: 1,
  inService: 1,
  coming: [{ count: 2, readyAt: 185.125 }],
  arrivalsPerSecond: 0.25,
  serviceSeconds: 6.5,
  bootSeconds: null,
  history: [
    { at: 65, backlog: 3, completed: null },
    { at: 95.125, backlog: 5, completed: 12 },
  ],
};

/** A memory, and the view that other readers find. */
export interface MemoryAndReader {
  memory: Memory;
  published: () => Promise<unknown>;
}

export function memorySuite(implementation: string, make: () => Promise<MemoryAndReader>): void {
  describe(`memory: ${implementation}`, () => {
    let memory: Memory;
    let published: MemoryAndReader['published'];
    beforeEach(async () => {
      ({ memory, published } = await make());
    });

    it('starts empty', async () => {
      expect(await memory.open('a', 100, 40)).toEqual({ policy: {}, recent: [], controls: {} });
    });

    it('returns what was saved', async () => {
      await memory.open('a', 100, 40);
      await memory.save('a', { ...remembered, policy: { ...remembered.policy, lastInAt: undefined } });
      expect(await memory.open('a', 130, 40)).toEqual(remembered);
    });

    it('stores a number next to 0 as 0, instead of refusing the item', async () => {
      const levels = [
        { weight: 1, photos: 240, seconds: 5 },
        { weight: 1e-142, photos: 241, seconds: 600 },
      ];
      const slo = { ...emptySlo(), rate: { ...emptyRate(), levels } };
      await memory.open('a', 100, 40);
      await memory.save('a', { ...remembered, policy: { slo } });
      const kept = (await memory.open('a', 101, 40))?.policy.slo?.rate.levels;
      expect(kept?.map(({ weight }) => Math.round(weight))).toEqual([1, 0]);
    });

    it('publishes a view, which stays until the next one, and is no part of the memory', async () => {
      await memory.open('a', 100, 40);
      await memory.save('a', remembered);
      expect(await published()).toBeUndefined();
      await memory.save('a', remembered, view);
      expect(viewSchema.parse(await published())).toEqual(view);
      await memory.save('a', remembered);
      expect(viewSchema.parse(await published())).toEqual(view);
      expect(await memory.open('a', 130, 40)).toEqual(remembered);
      const later = { ...view, at: 125, coming: [] };
      await memory.save('a', remembered, later);
      expect(viewSchema.parse(await published())).toEqual(later);
    });

    it('gives the lease to one owner until it expires', async () => {
      await memory.open('a', 100, 40);
      expect(await memory.open('b', 101, 40)).toBeUndefined();
      expect(await memory.open('b', 140, 40)).toBeUndefined();
      expect(await memory.open('b', 141, 40)).toBeDefined();
      expect(await memory.open('a', 142, 40)).toBeUndefined();
    });

    it('renews the lease of its owner', async () => {
      await memory.open('a', 100, 40);
      await memory.open('a', 130, 40);
      expect(await memory.open('b', 150, 40)).toBeUndefined();
    });

    it('saves nothing for a run that has lost the lease', async () => {
      await memory.open('a', 100, 40);
      await memory.open('b', 200, 40);
      await expect(memory.save('a', remembered, view)).rejects.toThrow();
      expect(await published()).toBeUndefined();
      expect(await memory.open('b', 201, 40)).toEqual({ policy: {}, recent: [], controls: {} });
    });

    it('gives back the lease of its owner only', async () => {
      await memory.open('a', 100, 40);
      await memory.release('b');
      expect(await memory.open('b', 101, 40)).toBeUndefined();
      await memory.release('a');
      expect(await memory.open('b', 102, 40)).toBeDefined();
      await memory.release('a');
      await memory.save('b', remembered);
    });

    it('never writes controls', async () => {
      await memory.open('a', 100, 40);
      await memory.save('a', { ...remembered, controls: { dryRun: {} } } as MemoryState);
      expect((await memory.open('a', 130, 40))?.controls).toEqual({});
    });

    it('gives the lease to one of twelve that ask at once', async () => {
      const asked = await Promise.all(Array.from({ length: 12 }, (_, i) => memory.open(`run-${i}`, 100, 40)));
      const owners = asked.flatMap((state, i) => (state === undefined ? [] : [`run-${i}`]));
      expect(owners).toHaveLength(1);
      // It can save, and none of the others can.
      for (let i = 0; i < 12; i++) {
        const saved = memory.save(`run-${i}`, remembered).then(
          () => true,
          () => false,
        );
        expect(await saved).toBe(owners.includes(`run-${i}`));
      }
    });
  });
}
