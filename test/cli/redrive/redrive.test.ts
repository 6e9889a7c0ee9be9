/** `redrive`: moves dead letters to the queue, loses none and sends none twice, whatever call fails. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redrive, type DeadLetters, type DeadLetter, type RedriveResult } from '../../../cli/redrive/run.ts';
import { photosOf, redriveJson, redriveLines, type RedriveReport } from '../../../cli/redrive/text.ts';
import { Interrupted } from '../../../common/errors.ts';

/** Two queues in memory. A message that was received and not deleted may be received again at any time. */
class Queues implements DeadLetters {
  readonly dead = new Map<string, { body: string; attributes: object }>();
  readonly jobs: { body: string; attributes: object }[] = [];
  /** Received and neither deleted nor released. */
  readonly held = new Set<string>();
  private calls = 0;

  /** @param fails whether a call fails, by its number. @param again most held messages that a receive repeats */
  constructor(
    count: number,
    private readonly fails: (call: number) => boolean = () => false,
    private readonly again = 0,
  ) {
    for (let k = 0; k < count; k++) this.dead.set(`m${k}`, { body: `body ${k}`, attributes: { k } });
  }

  private call(): void {
    if (this.fails(this.calls++)) throw new Error(`call ${this.calls} failed`);
  }

  async receive(most: number): Promise<DeadLetter[]> {
    this.call();
    const ids = [...this.dead.keys()];
    const held = ids.filter((id) => this.held.has(id)).slice(0, this.again);
    const fresh = ids.filter((id) => !this.held.has(id));
    const given = [...held, ...fresh].slice(0, most);
    for (const id of given) this.held.add(id);
    return given.map((id) => ({ id, handle: id, body: '', attributes: {}, ...this.dead.get(id) }));
  }

  async send({ body, attributes }: DeadLetter): Promise<void> {
    this.call();
    this.jobs.push({ body, attributes });
  }

  async delete({ handle }: DeadLetter): Promise<void> {
    this.call();
    this.dead.delete(handle);
  }

  async release({ handle }: DeadLetter): Promise<void> {
    this.call();
    this.held.delete(handle);
  }
}

const run = (
  queues: DeadLetters,
  more: Partial<Parameters<typeof redrive>[1]> = {},
): Promise<RedriveResult> =>
  redrive(queues, {
    ...{ limit: 100, dryRun: false, signal: new AbortController().signal },
    progress: () => undefined,
    ...more,
  });
const bodies = (count: number, from = 0) => Array.from({ length: count }, (_, k) => `body ${k + from}`);

it('loses no message and sends none twice, whatever call fails', async () => {
  const failing = fc.uniqueArray(fc.nat(80), { maxLength: 6 });
  let cutShort = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(25), failing, fc.nat(3), async (count, calls, again) => {
      const queues = new Queues(count, (call) => calls.includes(call), again);
      const first = await run(queues);
      if (first.failure !== undefined) cutShort++;
      const sent = queues.jobs.map(({ body }) => body);
      expect(new Set([...sent, ...[...queues.dead.values()].map(({ body }) => body)])).toEqual(
        new Set(bodies(count)),
      );
      expect(new Set(sent).size).toBe(sent.length);
      expect(first.moved.map(({ body }) => body).sort()).toEqual([...sent].sort());
      // Once the visibility timeout is over, a later run moves the rest.
      queues.held.clear();
      for (let tries = 0; tries < 8 && queues.dead.size > 0; tries++) {
        queues.held.clear();
        await run(queues);
      }
      expect(queues.dead.size).toBe(0);
      expect(new Set(queues.jobs.map(({ body }) => body))).toEqual(new Set(bodies(count)));
    }),
    { seed: 3, numRuns: 400 },
  );
  expect(cutShort).toBeGreaterThan(100);
});

it('keeps bodies and attributes', async () => {
  const queues = new Queues(3);
  await run(queues);
  expect(queues.jobs).toEqual(bodies(3).map((body, k) => ({ body, attributes: { k } })));
});

it.each([
  [25, 10, 10, false],
  [25, 7, 7, false],
  [25, 25, 25, false],
  [25, 26, 25, true],
  [0, 5, 0, true],
])('moves of %i messages with a limit of %i %i', async (count, limit, moved, empty) => {
  const queues = new Queues(count);
  const reported: number[] = [];
  const redriven = await run(queues, { limit, progress: (n) => void reported.push(n) });
  expect(redriven).toMatchObject({ empty, failure: undefined });
  expect(redriven.moved).toHaveLength(moved);
  expect(queues.jobs).toHaveLength(moved);
  expect(queues.dead.size).toBe(count - moved);
  expect(reported.at(-1)).toBe(moved);
});

it('deletes without sending a message that is received again after its delete failed', async () => {
  let first = true;
  class Stubborn extends Queues {
    override async delete(letter: DeadLetter): Promise<void> {
      if (letter.id === 'm0' && first) first = false;
      else await super.delete(letter);
    }
  }
  const queues = new Stubborn(3, undefined, 10);
  const { moved } = await run(queues);
  expect(moved).toHaveLength(3);
  expect(queues.jobs).toHaveLength(3);
  expect(queues.dead.size).toBe(0);
});

describe('a dry run', () => {
  it('moves nothing, and releases every message', async () => {
    const queues = new Queues(25);
    const redriven = await run(queues, { dryRun: true });
    expect(redriven).toMatchObject({ empty: true, failure: undefined });
    expect(redriven.moved.map(({ body }) => body)).toEqual(bodies(25));
    expect({ jobs: queues.jobs, dead: queues.dead.size, held: queues.held.size }).toEqual({
      jobs: [],
      dead: 25,
      held: 0,
    });
  });

  it('stops when messages repeat', async () => {
    const queues = new Queues(5, undefined, 10);
    expect((await run(queues, { dryRun: true })).moved).toHaveLength(5);
  });
});

it('moves the received messages before it stops on an interrupt', async () => {
  const abort = new AbortController();
  const queues = new Queues(25);
  const redriven = await run(queues, {
    signal: abort.signal,
    progress: () => abort.abort(new Interrupted('Interrupted.')),
  });
  expect(redriven.failure).toBeInstanceOf(Interrupted);
  expect(queues.jobs).toHaveLength(10);
  expect(queues.dead.size).toBe(15);
});

const event = (...keys: string[]) =>
  JSON.stringify({
    Records: keys.map((key) => ({
      eventName: 'ObjectCreated:Put',
      eventTime: '2026-05-04T10:00:00Z',
      s3: { bucket: { name: 'photos' }, object: { key, eTag: 'x' } },
    })),
  });
const letter = (id: string, body: string): DeadLetter => ({ id, body, handle: id, attributes: {} });
const moved = [
  letter('1', event('incoming/a+b.jpg')),
  letter('2', 'hello'),
  letter('3', '{"Event":"s3:TestEvent"}'),
];
const outcome = (more: Partial<RedriveReport> = {}): RedriveReport => ({
  ...{ moved, empty: false, failure: undefined, dryRun: false, stopped: undefined },
  left: { waiting: 7, held: 0 },
  ...more,
});

describe('the output', () => {
  it('names the photos when requested', () => {
    expect(moved.map(photosOf)).toEqual([['incoming/a b.jpg'], undefined, []]);
    expect(redriveLines(outcome(), true)).toEqual([
      '  incoming/a b.jpg',
      '  (not a job: "hello")',
      '  (no photo: a folder, or the test event of S3)',
      '3 messages moved back to the queue, 1 of which is not of a photo and will fail again.',
      'About 7 dead letters are left. The same command moves the next ones.',
    ]);
  });

  it.each<[Partial<RedriveReport>, string[]]>([
    [
      { moved: [], empty: true, left: { waiting: 0, held: 0 } },
      ['0 messages moved back to the queue.', 'No dead letters are left.'],
    ],
    [
      { moved: moved.slice(0, 1), left: { waiting: 1, held: 2 }, dryRun: true },
      [
        '1 message would be moved back to the queue.',
        'About 1 dead letter is left. 2 more are in flight and may come back within a minute.',
      ],
    ],
    [
      { moved: moved.slice(0, 1), left: undefined, stopped: 'queue: AccessDenied.' },
      [
        '1 message moved back to the queue.',
        'The number of dead letters left is unknown.',
        'queue: AccessDenied.',
      ],
    ],
  ])('has counts of moved and remaining messages, case %#', (more, lines) =>
    expect(redriveLines(outcome(more), false)).toEqual(lines),
  );

  it('has JSON with each message and its photos', () => {
    const where = { stage: 'dev', stack: 'DDColorElastic-dev', region: 'us-east-1' };
    expect(redriveJson(outcome({ stopped: 'Interrupted.' }), where)).toEqual({
      command: 'redrive',
      ...where,
      dryRun: false,
      moved: 3,
      messages: [
        { id: '1', photos: ['incoming/a b.jpg'] },
        { id: '2', photos: null },
        { id: '3', photos: [] },
      ],
      empty: false,
      left: { waiting: 7, held: 0 },
      stopped: 'Interrupted.',
    });
  });
});
