/** The sweep of lost events, in virtual time: each outcome has its event, whatever was lost and wherever the function dies; what was sent is not sent again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedKey, resultKey } from '../../../contract/keys.ts';
import { BUDGET_SECONDS, findLost, type LostPorts } from '../../../lambda/outcome-events/lost/find-lost.ts';
import { advanced, begun, isCompared, type SweepState } from '../../../lambda/outcome-events/lost/pass.ts';
import { OutcomesNotDeleted } from '../../../lambda/outcome-events/not-deleted.ts';
import { eventFor } from '../../../lambda/outcome-events/report.ts';
import { sendEvents } from '../../../lambda/outcome-events/send.ts';
import { MemoryOutcomes, MemorySentEvents, resultOf } from './support/memory-bucket.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Of any size: times are those of a clock. */
const START = 1_780_000_000;

class Sweeps {
  at = START;
  /** Calls until the function dies. */
  stepsToDeath = Infinity;
  readonly lines: Record<string, unknown>[] = [];
  readonly received: { id: string; key: string; body: string; at: number }[] = [];
  found = 0;
  /** With which runs have ended, deaths aside. */
  readonly errors: string[] = [];
  isBusDown = false;
  readonly unreadable = new Set<string>();
  private readonly step = () => {
    if (this.stepsToDeath-- > 0) return;
    this.stepsToDeath = Infinity;
    throw new Error('died');
  };
  readonly bucket: MemoryOutcomes;
  readonly sent = new MemorySentEvents(this.step);
  readonly ports: LostPorts;

  constructor(pageSize = 1000, secondsPerPage = 0) {
    this.bucket = new MemoryOutcomes(pageSize, this.step);
    const { bucket, sent } = this;
    this.ports = {
      context: { stage: 'prod', bucket: 'photos' },
      store: {
        read: async (key) => {
          if (this.unreadable.has(key)) throw new Error('S3 is away');
          return bucket.read(key);
        },
      },
      listing: {
        page: async (folder, after) => {
          this.at += secondsPerPage;
          return bucket.page(folder, after);
        },
      },
      destinations: [
        {
          send: async (events) => {
            this.step();
            if (this.isBusDown) throw new Error('away');
            for (const event of events)
              this.received.push({
                ...{ id: event.id, body: JSON.stringify(event), at: this.at },
                key: 'result' in event.data ? event.data.result.key : event.data.failure.key,
              });
            return new Set();
          },
        },
      ],
      ...{ sent, sweep: sent, now: () => this.at },
      log: (line) => this.lines.push(line),
      publish: async (found) => void (this.found += found),
    };
  }

  /** Stores an outcome at this time. */
  store(name: string): string {
    const key = resultKey(name);
    this.bucket.stored.set(key, resultOf(key, this.at));
    return key;
  }

  /** As the function of the queue sends the event. */
  async notify(key: string): Promise<void> {
    const event = await eventFor(key, this.ports);
    if (event) await sendEvents([event], this.ports);
  }

  async run(): Promise<void> {
    await findLost(this.ports).catch(({ message }: Error) => {
      if (message !== 'died') this.errors.push(message);
    });
  }

  /** Runs each hour, as the schedule does. */
  async runFor(seconds: number): Promise<void> {
    for (const end = this.at + seconds; this.at < end;) {
      await this.run();
      this.at += HOUR;
    }
  }

  keys(): string[] {
    return this.received.map(({ key }) => key).sort();
  }
}

describe('the sweep', () => {
  it('sends what was lost, of every folder, under the id and with the body that the event would have had', async () => {
    const world = new Sweeps(2);
    await world.run();
    world.at += 60;
    const names = ['incoming/a', 'incoming/b c+ä', 'bulk/d', 'sidelined/e', 'incoming/f'];
    const keys = names.map((name) => world.store(name));
    const record = { code: 'too-large', message: 'Large.', retryable: false, key: 'incoming/g', etag: 'p' };
    const failed = failedKey('incoming/g');
    world.bucket.stored.set(failed, { ...resultOf(failed, world.at), failure: record as never });
    const expected = await Promise.all(
      [...keys, failed].map(async (key) => JSON.stringify(await eventFor(key, world.ports))),
    );
    await world.notify(keys[0]!);
    await world.runFor(12 * HOUR);
    expect(world.received.map(({ body }) => body).sort()).toEqual(expected.sort());
    expect(world.found).toBe(names.length);
    expect(JSON.stringify(world.lines)).not.toContain('ä');
    // Within nine hours of the outcome, and each once.
    expect(Math.max(...world.received.map(({ at }) => at)) - START).toBeLessThanOrEqual(9 * HOUR);
  });

  it('leaves alone what is on its way, what was stored before its first run, and objects of no photo', async () => {
    const world = new Sweeps();
    world.store('incoming/before');
    world.at += 60;
    await world.run();
    world.at += 6 * HOUR - 60;
    const late = world.store('incoming/late');
    world.bucket.stored.set('results/by-hand', { ...resultOf('results/by-hand', START + 60), metadata: {} });
    world.at += 120;
    await world.run();
    expect([world.received, world.sent.state?.pass]).toEqual([[], undefined]);
    await world.notify(late);
    await world.runFor(3 * DAY);
    expect(world.keys()).toEqual([late]);
  });

  it('sends none of a photo that was deleted, and the one of what has replaced another', async () => {
    const world = new Sweeps();
    await world.run();
    const replaced = world.store('incoming/replaced');
    await world.notify(replaced);
    const deleted = world.store('incoming/deleted');
    world.at += HOUR;
    world.store('incoming/replaced');
    world.bucket.stored.delete(deleted);
    await world.runFor(DAY);
    expect(world.keys()).toEqual([replaced, replaced]);
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(2);
  });

  it('sends none of a photo whose deletion has begun, although an outcome is stored for a moment', async () => {
    const world = new Sweeps();
    const id = 'fQVVjq8l5akCGUXBjuiEhQ';
    let isThere = false;
    const { store } = world.ports;
    Object.assign(world.ports, { store: new OutcomesNotDeleted(store, async () => isThere) });
    await world.run();
    const key = world.store(`incoming/api/${id}`);
    await world.runFor(DAY);
    expect(world.received).toEqual([]);
    isThere = true;
    world.bucket.stored.set(key, resultOf(key, world.at));
    await world.runFor(DAY);
    expect(world.keys()).toEqual([key]);
  });

  it('tries again what it could not send or read, in the next pass, and nothing else', async () => {
    const world = new Sweeps(1);
    await world.run();
    const [a, b] = [world.store('incoming/a'), world.store('incoming/b')];
    // On an earlier page than the other.
    world.unreadable.add(a);
    world.at += 9 * HOUR;
    await world.run();
    expect(world.keys()).toEqual([b]);
    world.unreadable.clear();
    world.isBusDown = true;
    world.at += 6 * HOUR;
    await world.run();
    expect([
      world.found,
      world.lines.filter(({ message }) => message === 'lost-event-not-sent').length,
    ]).toEqual([1, 2]);
    world.isBusDown = false;
    await world.runFor(DAY);
    expect(world.keys()).toEqual([a, b]);
    // A run that could not send all is an error of the function, and the next one none.
    expect(world.errors).toEqual(
      [1, 1].map((count) => `${count} lost events could not be sent: the next pass tries them again`),
    );
  });

  it('goes on in the next run where its time ended, and lists the bucket once in a pass', async () => {
    const world = new Sweeps(1, BUDGET_SECONDS / 4);
    await world.run();
    const keys = Array.from({ length: 10 }, (_, k) => world.store(`incoming/${k}`));
    world.at += 9 * HOUR;
    for (let runs = 0; runs < 4; runs++) await world.run();
    expect(world.keys()).toEqual(keys);
    // A page for each outcome, one at the least for each of six folders.
    expect([world.bucket.pages, world.sent.state?.pass]).toEqual([15, undefined]);
  });

  it('begins a pass with every sixth run, although the schedule is up to a minute late', async () => {
    const world = new Sweeps();
    for (let hour = 0; hour <= 12; hour++) {
      // Less late each time.
      world.at = START + hour * HOUR + 60 - 5 * hour;
      await world.run();
    }
    expect(world.bucket.pages).toBe(2 * 6);
  });

  it('compares no outcome whose row has expired', async () => {
    const world = new Sweeps();
    await world.run();
    const old = world.store('incoming/old');
    await world.notify(old);
    world.at += 11 * DAY;
    world.sent.rows.clear();
    await world.runFor(DAY);
    expect(world.keys()).toEqual([old]);
  });

  it('has each event sent, whatever was lost and wherever it dies; without a death none twice', async () => {
    const scenario = fc.record({
      pageSize: fc.integer({ min: 1, max: 4 }),
      outcomes: fc.array(
        fc.record({
          name: fc.nat({ max: 20 }),
          at: fc.nat({ max: 20 }),
          isLost: fc.boolean(),
          isBulk: fc.boolean(),
        }),
        { maxLength: 20 },
      ),
      deaths: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ pageSize, outcomes, deaths }) => {
        const world = new Sweeps(pageSize);
        await world.run();
        for (let hour = 0; hour < 60; hour++) {
          for (const { name, at, isLost, isBulk } of outcomes)
            if (at === hour) {
              const key = world.store(`${isBulk ? 'bulk' : 'incoming'}/${name}`);
              if (!isLost) await world.notify(key);
            }
          const steps = deaths[hour - 8];
          if (steps !== undefined) world.stepsToDeath = steps;
          await world.run();
          world.stepsToDeath = Infinity;
          world.at += HOUR;
        }
        const last = [...world.bucket.stored.values()].map(({ key, etag }) => `${key} ${etag}`);
        const received = world.received.map(
          ({ key, body }) => `${key} e${Date.parse(body.match(/"timestamp":"([^"]+)/)![1]!) / 1000}`,
        );
        expect(received).toEqual(expect.arrayContaining(last));
        expect(new Set(world.received.map(({ id }) => id)).size).toBe(new Set(received).size);
        if (deaths.length === 0) expect(received).toHaveLength(new Set(received).size);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the periods of passes', () => {
  it('follow one another without a gap, and none begins before six hours, the scheduler’s delays aside', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 * HOUR }), { maxLength: 60 }), (pauses) => {
        let now = START;
        let state: SweepState | undefined;
        let end = now;
        let begunAt = -Infinity;
        for (const pause of pauses) {
          now += pause;
          const before: SweepState | undefined = state;
          state = begun(state, now);
          if (before === undefined) end = now;
          if (!state.pass) continue;
          expect([isCompared(end, state), isCompared(now, state)]).toEqual([true, false]);
          expect(now - begunAt).toBeGreaterThanOrEqual(6 * HOUR - 300);
          begunAt = now;
          end = state.pass.until;
          for (let folder = 0; folder < 6; folder++)
            state = advanced(state, { last: undefined, isLast: true, isClean: true }, 6);
          expect(state).toEqual({ doneUntil: end, startedAt: now });
        }
      }),
    ));
});
