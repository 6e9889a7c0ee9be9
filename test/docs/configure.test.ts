/** docs/configure.md names every field of a stage, with the default that the code has. */
import { describe, expect, it } from 'vitest';
import { resolveStage } from '../../lib/config.ts';
import { read } from './pages.ts';

const rows = new Map(
  [...read('docs/configure.md').matchAll(/^\| `(\w+)` \| (.+?) \| .+ \|$/gm)].map(
    ([, field = '', value = '']) => [field, value],
  ),
);
const { name: _, ...stage } = resolveStage('any', {});

/** Those that are more than a value, in words. */
const IN_WORDS: Record<string, string> = {
  policy: '`slo`, a mean wait of 10 s',
  dailySpendLimit: 'what the maximum costs in 12 hours',
};

describe('the table of fields', () => {
  it('has each one, and no other', () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(stage).sort());
  });

  it.each(Object.entries(stage))('has the default of %s', (field, value) => {
    expect(rows.get(field)).toBe(IN_WORDS[field] ?? `\`${JSON.stringify(value)}\``);
  });

  it('says of the policy what holds', () => {
    expect(stage.policy).toMatchObject({ kind: 'slo', targetWaitSeconds: 10 });
  });
});
