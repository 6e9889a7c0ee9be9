/** Parsers of other parties' bytes: bombs, which must take linear time. */
import { describe, expect, it } from 'vitest';
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

describe('parsers of bytes of other parties', () => {
  it.each(bombs)('%s takes linear time for %s', async (_name, _what, target, bomb) => {
    const small = await leastOf(target, bomb.make(SMALL));
    const large = await leastOf(target, bomb.make(10 * SMALL));
    const isBounded = target.unbounded !== undefined || target.most !== undefined;
    const growth = isBounded ? NOT_QUADRATIC : MAX_GROWTH;
    expect(large).toBeLessThan(growth * Math.max(small, LEAST_MS));
    if (process.env.FIGURES) console.log(`| ${target.name} | ${bomb.what} | ${small} | ${large} |`);
    if (target.unbounded) return;
    const most = target.most === undefined ? large : await leastOf(target, bomb.make(target.most));
    expect(most).toBeLessThan(MAX_MS);
  });
});
