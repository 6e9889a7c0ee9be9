/** Parsers of other parties' bytes: replays inputs that the fuzzer found. */
import { describe, expect, it } from 'vitest';
import { corpusOf } from '../../tools/fuzz/corpus.ts';
import { check } from '../../tools/fuzz/fuzz.ts';
import { TARGETS } from '../../tools/fuzz/targets.ts';

describe('parsers of bytes of other parties', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))(
    '%s returns or throws its own error for all that the fuzzer found',
    async (name, target) => {
      for (const input of [...target.seeds, ...corpusOf(name)]) {
        const { why } = await check(target, input);
        expect([why, input.toString('base64')]).toEqual([undefined, input.toString('base64')]);
      }
    },
  );
});
