/**
 * A thousand outcomes through the deployed functions: each reaches a rule of the bus and a receiver at least once, always under one id and body,
 * without faults and with a receiver that fails, is slow and is down meanwhile.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Scope } from '../../../common/scope.ts';
import type { OutcomeEvent } from '../../../contract/outcome-event.ts';
import { lostEventTests } from '../gateway/deployed/lost-events.ts';
import { deploy, deployed } from '../gateway/support/deployed.ts';
import { EventRule } from '../gateway/support/event-rule.ts';
import { killedTests } from './suites/killed.ts';
import { rotationTests } from './suites/rotation.ts';
import { announced, photosOf, receiversOf, storeResults } from './support/callers.ts';
import type { Receiver } from './support/receiver.ts';

const scope = new Scope();
beforeAll(() => deploy(scope), 240_000);
afterAll(() => scope.close());

describe('lost events', lostEventTests);
describe('secrets and replay', () => rotationTests(scope));
describe('functions that are killed', () => killedTests(scope));

const COUNT = 1000;

describe.each<[name: string, faults: (receivers: Receiver[]) => Promise<void>]>([
  ['calm', () => Promise.resolve()],
  [
    'faulty',
    async (receivers) => {
      for (const [status, delayMs] of [
        [500, 0],
        [204, 12_000],
        [503, 0],
      ] as const) {
        for (const receiver of receivers) Object.assign(receiver, { status, delayMs });
        await new Promise((resolve) => setTimeout(resolve, 15_000));
      }
      for (const receiver of receivers) Object.assign(receiver, { status: 204, delayMs: 0 });
    },
  ],
])('a thousand outcomes, %s', (name, faults) => {
  it('reach rule and receivers, under one id and body each', async () => {
    const rule = await EventRule.on(deployed.endpoint, deployed.jwt.eventBus, `thousand-${name}`);
    const receivers = await receiversOf(scope, name, COUNT / 100);
    const ids = await announced(COUNT, name);
    const startMs = Date.now();
    const faulty = faults(receivers);
    await storeResults(ids);
    await faulty;
    const backMs = Date.now();
    const ofRule: OutcomeEvent[] = [];
    const accepted = () => receivers.flatMap((receiver) => receiver.accepted);
    while (photosOf(ofRule).size < COUNT || photosOf(accepted()).size < COUNT) {
      ofRule.push(...(await rule.drain()));
      expect(Date.now() - backMs).toBeLessThan(300_000);
    }
    const bodies = receivers.flatMap((receiver) => [...receiver.bodies]);
    const duplicates = { rule: ofRule.length - COUNT, receivers: accepted().length - COUNT };
    console.log(name, {
      ...duplicates,
      seconds: (Date.now() - startMs) / 1000,
      afterReturn: (Date.now() - backMs) / 1000,
    });
    expect([photosOf(ofRule), photosOf(accepted())]).toEqual([new Set(ids), new Set(ids)]);
    expect(bodies.filter(([, texts]) => texts.size !== 1)).toEqual([]);
    expect(bodies).toHaveLength(COUNT);
    expect(new Set(ofRule.map((event) => JSON.stringify(event))).size).toBe(COUNT);
    expect(receivers.map(({ forged }) => forged)).toEqual(receivers.map(() => 0));
    if (name === 'calm') expect(duplicates.rule + duplicates.receivers).toBeLessThan(COUNT / 100);
  }, 600_000);
});
