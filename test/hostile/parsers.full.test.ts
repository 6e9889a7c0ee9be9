/** Parsers of other parties' bytes: bombs, which must take linear time. */
import { describe, expect, it } from 'vitest';
import { corpusOf } from '../../tools/fuzz/corpus.ts';
import { check } from '../../tools/fuzz/fuzz.ts';
import { TARGETS, type Target } from '../../tools/fuzz/targets.ts';

const SMALL = 100_000;
/** CPU milliseconds for 1 MB, or for as much as reaches the parser. */
const MAX_MS = 50;
/** From 100 kB to 1 MB; 10 is linear, with some room for the garbage collector. */
const MAX_GROWTH = 12;
/** The same where an image process or a limit on the length bounds the time; 100 is quadratic. */
const NOT_QUADRATIC = 40;
/** Below this the garbage collector decides. */
const LEAST_MS = 5;

/** The least of five runs. */
async function leastOf(target: Target, input: Buffer): Promise<number> {
  let least = Infinity;
  for (let k = 0; k < 5 && least > LEAST_MS; k++) {
    const { why, ms } = await check(target, input);
    expect(why).toBeUndefined();
    least = Math.min(least, ms);
  }
  return least;
}

const bombs = TARGETS.flatMap((target) =>
  target.bombs.map((bomb) => [target.name, bomb.what, target, bomb] as const),
);

/** Checks the time of one input in both lengths, and that of as much as reaches the parser. */
async function expectLinear(target: Target, what: string, make: (bytes: number) => Buffer): Promise<void> {
  const small = await leastOf(target, make(SMALL));
  const large = await leastOf(target, make(10 * SMALL));
  const isBounded = target.unbounded !== undefined || target.most !== undefined;
  if (process.env.FIGURES)
    console.log(`| ${target.name} | ${what} | ${small.toFixed(1)} | ${large.toFixed(1)} |`);
  const growth = isBounded ? NOT_QUADRATIC : MAX_GROWTH;
  expect(large).toBeLessThan(growth * Math.max(small, LEAST_MS));
  if (target.unbounded) return;
  const most = target.most === undefined ? large : await leastOf(target, make(target.most));
  expect(most).toBeLessThan(MAX_MS);
}

describe('parsers of bytes of other parties', () => {
  it.each(bombs)('%s takes linear time for %s', (_name, what, target, bomb) =>
    expectLinear(target, what, (bytes) => bomb.make(bytes)),
  );
});

/** An input made long: whole, or one of its quarters, again and again. */
const growths: [string, (input: Buffer, bytes: number) => Buffer][] = [
  ['repeated', (input, bytes) => repeatedTo(bytes, input)],
  ...[0, 1, 2, 3].map((quarter): [string, (input: Buffer, bytes: number) => Buffer] => [
    `with its quarter ${quarter + 1} repeated`,
    (input, bytes) => {
      const [from, to] = [quarter, quarter + 1].map((k) => Math.floor((k * input.length) / 4)) as [
        number,
        number,
      ];
      const part = input.subarray(from, Math.max(to, from + 1));
      const rest = [input.subarray(0, from), input.subarray(to)];
      return Buffer.concat([rest[0]!, repeatedTo(bytes - input.length, part), rest[1]!]);
    },
  ]),
];
const repeatedTo = (bytes: number, part: Buffer): Buffer => Buffer.alloc(Math.max(0, bytes), part);

/** Of an input of the corpus, in the growth that takes longest at {@link SMALL}. */
async function slowestOf(target: Target) {
  let slowest = { ms: -1, what: '', make: (bytes: number): Buffer => Buffer.alloc(bytes) };
  for (const input of corpusOf(target.name).filter(({ length }) => length > 0)) {
    for (const [what, grow] of growths) {
      const make = (bytes: number) => grow(input, bytes);
      const { ms } = await check(target, make(SMALL));
      if (ms > slowest.ms) slowest = { ms, what: `an input of ${input.length} bytes, ${what}`, make };
    }
  }
  return slowest;
}

describe('what the fuzzer found, made long', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))(
    '%s takes linear time for the slowest',
    async (_name, target) => {
      const { what, make } = await slowestOf(target);
      await expectLinear(target, what, make);
    },
  );
});
