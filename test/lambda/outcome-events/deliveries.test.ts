/** Deliveries in virtual time: whatever receivers do and wherever a function dies, each is accepted or a dead letter, and none delays another webhook's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusedTests } from './suites/refused.ts';
import {
  DAY,
  down,
  events,
  fail,
  HOUR,
  OK,
  refuse,
  World,
  works,
  worldWith,
  type Receiver,
} from './support/world.ts';
import { webhookOf } from './support/memory.ts';

describe('a receiver that works', () => {
  it('has each of a thousand once, in a run or two', async () => {
    const world = await worldWith(works, 1000);
    await world.runUntil(60);
    expect(world.accepted('a').size).toBe(1000);
    expect(world.received).toHaveLength(1000);
    expect([world.deliveries.stored.size, world.wakes.messages.length]).toEqual([0, 0]);
  });
});

describe('a delivery that is added while a run holds the webhook', () => {
  it('is sent although its own message found the webhook held', async () => {
    let added = false;
    const world: World = new World([webhookOf('a')], {
      a: () => {
        // Too late for this run, which ends after its 20 seconds.
        if (!added) {
          added = true;
          const delivery = { target: 'target-a', event: 'evt-late', body: '{}', attempts: 0 };
          void world.deliveries.add({ ...delivery, createdAt: world.at + 20, dueAt: world.at + 20 });
          return { attempt: OK, seconds: 8 * 21 };
        }
        return { attempt: OK };
      },
    });
    await world.add('a', 'evt-first');
    const next = world.deliveries.next.bind(world.deliveries);
    // As if it had been added between the last look of the run and the end of the lease.
    world.deliveries.next = () => {
      world.deliveries.next = next;
      return Promise.resolve(undefined);
    };
    await world.runUntil(60);
    expect(world.accepted('a')).toEqual(new Set(['evt-first', 'evt-late']));
  });
});

describe('a photo that is deleted', () => {
  const pending = async () => {
    const world = await worldWith(down(0, HOUR), 0);
    for (const photo of ['kept', 'gone']) await world.add('a', `evt-${photo}`, photo);
    await world.runUntil(HOUR / 2);
    world.deleted.add('gone');
    return world;
  };

  it('has no attempt any more, and its neighbour is delivered', async () => {
    const world = await pending();
    const before = world.received.length;
    await world.runUntil(2 * HOUR);
    expect(new Set(world.received.slice(before).map(({ event }) => event))).toEqual(new Set(['evt-kept']));
    expect(world.accepted('a')).toEqual(new Set(['evt-kept']));
    expect([world.deliveries.stored.size, world.deadLetters.sent]).toEqual([0, []]);
  });

  it('ends with all that are deleted in one run, and its neighbour is delivered in the same one', async () => {
    const world = await worldWith(works, 0);
    for (const event of events(100)) await world.add('a', event, 'gone');
    await world.add('a', 'evt-kept', 'kept');
    world.deleted.add('gone');
    // One message for all of them.
    world.wakes.messages.splice(1);
    await world.runUntil(60);
    expect([world.runs, world.deliveries.stored.size]).toEqual([1, 0]);
    expect(world.received.map(({ event }) => event)).toEqual(['evt-kept']);
  });

  it('is no dead letter, also of a webhook that was switched off', async () => {
    const world = await pending();
    const webhook = world.webhooks.stored.get('ann/a')!;
    world.webhooks.stored.set('ann/a', { ...webhook, disabledAt: world.at });
    await world.runUntil(DAY + HOUR);
    expect(world.deadLetters.sent.map(({ event }) => event)).toEqual(['evt-kept']);
    expect(world.deliveries.stored.size).toBe(0);
  });
});

describe('a receiver that was away', () => {
  it.each<[string, Receiver]>([
    ['answering 502 for an hour', down(0, HOUR)],
    ['answering 500 after nine seconds', down(0, HOUR, refuse(), 9)],
    ['down for ten hours', down(0, 10 * HOUR, fail('ECONNREFUSED'))],
    ['silent for an hour', down(0, HOUR, fail('no answer in 10 s'), 10)],
    ['asking for two minutes each time', down(0, HOUR, fail('status 503', { askedSeconds: 120 }))],
  ])('%s: has a thousand events within five minutes of its return', async (_what, receiver) => {
    const world = await worldWith(receiver, 1000);
    await world.runUntil(15 * HOUR);
    const returned = world.received.findLast(({ ok }) => !ok)!.at;
    expect(world.accepted('a').size).toBe(1000);
    expect(world.received.at(-1)!.at - returned).toBeLessThan(300);
    // While it is away it has some requests each four minutes, and the queue one message.
    expect(world.received.length - 1000).toBeLessThan(80 + (4 * returned) / 190);
    expect(world.deadLetters.sent).toEqual([]);
    const failedAttempts = world.received.length - 1000;
    expect(world.sent).toEqual({ delivered: 1000, failedAttempts });
  });

  it('for more than a day: each is a dead letter, once, with the reason', async () => {
    const world = await worldWith(() => ({ attempt: fail('status 502') }), 100);
    await world.runUntil(DAY + 2 * HOUR);
    expect(new Set(world.deadLetters.sent.map(({ event }) => event)).size).toBe(100);
    expect(world.deadLetters.sent).toHaveLength(100);
    // Those that were just tried, with what the receiver said.
    expect(world.deadLetters.sent.some(({ reason }) => reason === 'status 502')).toBe(true);
    expect(world.deliveries.stored.size).toBe(0);
    expect(Math.max(...world.published.map(({ oldestSeconds }) => oldestSeconds))).toBeGreaterThan(23 * HOUR);
    expect(Math.max(...world.published.map(({ waiting }) => waiting))).toBe(100);
  });

  it('has what is new once its pause ends, although what it paused with was given up in it', async () => {
    const world = await worldWith(() => ({ attempt: fail() }), 2);
    while (world.deliveries.stored.size > 0) await world.runUntil(world.at + 10);
    const until = world.webhooks.stored.get('ann/a')!.retryAt!;
    expect(until).toBeGreaterThan(world.at);
    await world.add('a', 'evt-new');
    await world.runUntil(until + 2);
    expect(world.received.at(-1)!.event).toBe('evt-new');
  });

  it('for a second, which ends while the run gives its lease back: no message is missing', async () => {
    const world = await worldWith(down(0, 0.1, fail('status 503', { askedSeconds: 1 })), 1);
    const release = world.webhooks.release.bind(world.webhooks);
    world.webhooks.release = async (...given) => {
      // The message that ends the pause finds the webhook held.
      world.wakes.messages.length = 0;
      world.at += 5;
      await release(...given);
    };
    await world.runUntil(60);
    expect(world.accepted('a').size).toBe(1);
  });

  it('keeps one message on its way, however many events come', async () => {
    const world = await worldWith(() => ({ attempt: fail() }), 0);
    for (let k = 0; k < 500; k++) {
      await world.add('a', `evt-${k}`);
      await world.runUntil(world.at + 30);
    }
    expect(world.wakes.messages.length).toBeLessThanOrEqual(2);
  });
});

describe('refusals', refusedTests);

describe('a run', () => {
  it('begins no request after its twenty seconds: then it is another webhook’s turn', async () => {
    const world = await worldWith(() => ({ attempt: OK, seconds: 9 }), 100, { b: works });
    // One message for all of them.
    world.wakes.messages.splice(1);
    await world.add('b', 'evt-b');
    await world.runUntil(HOUR);
    const first = world.received.findIndex(({ id }) => id === 'b');
    // Three rounds of eight.
    expect([first, Math.floor(world.received[first]!.at)]).toEqual([24, 27]);
  });
});

describe('one delivery that always fails', () => {
  it('delays no other of its webhook by more than a pause of five seconds', async () => {
    const world = await worldWith((_, event) => ({ attempt: event === 'evt-bad' ? fail() : OK }), 0);
    await world.add('a', 'evt-bad');
    await world.runUntil(HOUR);
    for (let k = 0; k < 60; k++) {
      const sentAt = world.at;
      await world.add('a', `evt-${k}`);
      await world.runUntil(world.at + 60);
      const { at } = world.received.find(({ event }) => event === `evt-${k}`)!;
      expect(at - sentAt).toBeLessThan(6);
    }
    expect(world.wakes.messages.length).toBeLessThanOrEqual(2);
  });
});

describe('other webhooks', () => {
  it('have theirs within seconds while one is silent and one is slow', async () => {
    const world = await worldWith(() => ({ attempt: fail('no answer in 10 s'), seconds: 10 }), 200, {
      b: works,
      c: () => ({ attempt: OK, seconds: 9 }),
    });
    const sentAt = new Map<string, number>();
    for (let k = 0; k < 100; k++) {
      sentAt.set(`evt-${k}`, world.at);
      for (const id of ['a', 'c', 'b']) await world.add(id, `evt-${k}`);
      await world.runUntil(world.at + 10);
    }
    await world.runUntil(HOUR);
    const delays = world.received
      .filter(({ id }) => id === 'b')
      .map(({ at, event }) => at - sentAt.get(event)!);
    expect(delays).toHaveLength(100);
    // Here one function serves all of them: a round of each other webhook. Deployed, four run at a time.
    expect(Math.max(...delays)).toBeLessThan(10 + 20 + 9);
    expect(world.accepted('c').size).toBe(100);
  });
});

describe('a receiver that wants nothing any more', () => {
  it('is switched off by its 410; what is left is dead after a day', async () => {
    const world = await worldWith(() => ({ attempt: fail('status 410', { isGone: true }) }), 20);
    await world.runUntil(HOUR);
    const webhook = world.webhooks.stored.get('ann/a');
    expect(webhook).toMatchObject({
      disabledAt: expect.any(Number) as number,
      lastFailure: { reason: 'status 410' },
    });
    const requests = world.received.length;
    expect(requests).toBeLessThanOrEqual(8);
    await world.runUntil(DAY + HOUR);
    expect(world.received).toHaveLength(requests);
    expect(world.deadLetters.sent).toHaveLength(20);
  });
});

describe('a sweep', () => {
  it('that has no time for all dead deliveries of a webhook has looked after the others', async () => {
    const world = await worldWith(works, 0, { b: works });
    const old = { target: 'target-a', body: '{}', attempts: 0, createdAt: -2 * DAY, dueAt: DAY };
    for (const event of events(1000)) await world.deliveries.add({ ...old, event });
    await world.add('b', 'evt-late');
    world.wakes.messages.length = 0;
    await world.runUntil(299);
    world.stepsToDeath = 250;
    await world.runUntil(400);
    expect([world.deaths, world.accepted('b').size, world.published.length]).toEqual([1, 1, 1]);
    expect(world.deliveries.stored.size).toBeLessThan(1000);
    await world.runUntil(700);
    expect(world.deliveries.stored.size).toBe(0);
    expect(new Set(world.deadLetters.sent.map(({ event }) => event)).size).toBe(1000);
  });
});

describe('a delivery that is given up', () => {
  it.each([
    ['by a run', 2 - DAY],
    ['by the sweep', -2 * DAY],
  ])('%s is a dead letter, wherever the function dies', async (_what, createdAt) => {
    for (let steps = 0; steps < 12; steps++) {
      const world = await worldWith(() => ({ attempt: fail() }), 0);
      const old = { target: 'target-a', event: 'evt-old', body: '{}', attempts: 9, createdAt, dueAt: 0 };
      await world.deliveries.add(old);
      if (createdAt > -DAY) await world.wakes.send({ owner: 'ann', id: 'a' }, 0);
      world.stepsToDeath = steps;
      await world.runUntil(1300);
      expect(world.deadLetters.sent[0]?.event).toBe('evt-old');
      expect(world.deliveries.stored.size).toBe(0);
    }
  });
});

describe('a webhook that is deleted', () => {
  it('has nothing sent any more, and its messages end', async () => {
    const world = await worldWith(() => ({ attempt: fail() }), 20);
    await world.runUntil(60);
    world.webhooks.stored.clear();
    const requests = world.received.length;
    await world.runUntil(DAY);
    expect(world.received).toHaveLength(requests);
    expect(world.wakes.messages).toEqual([]);
  });
});

describe('a function that dies between any two calls', () => {
  it('loses nothing: each event is accepted, and within ten minutes of the last fault', async () => {
    const scenario = fc.record({
      count: fc.integer({ min: 1, max: 30 }),
      deaths: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 6 }),
      downUntil: fc.integer({ min: 0, max: 1200 }),
      odd: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ count, deaths, downUntil, odd }) => {
        const world = await worldWith(
          (at, event) => ({
            attempt:
              at < downUntil || (odd > 0 && at < 2 * downUntil && event.endsWith(String(odd))) ? fail() : OK,
          }),
          count,
        );
        for (const steps of deaths) {
          world.stepsToDeath = steps;
          await world.runUntil(world.at + 100);
        }
        world.stepsToDeath = Infinity;
        await world.runUntil(Math.max(world.at, 2 * downUntil) + 600);
        expect(world.accepted('a').size).toBe(count);
        expect(world.deliveries.stored.size).toBe(0);
        expect(world.deadLetters.sent).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
