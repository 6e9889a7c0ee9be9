/** A boot storm against the local AWS: every worker comes into service, and the counters have every photo. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bench } from '../../../tools/bench/boot-storm.ts';

describe('a boot storm', () => {
  it('of 60 workers, of which AWS lets 5 a second complete their hook', async () => {
    const json = join(mkdtempSync(join(tmpdir(), 'boot-storm-')), 'figures.json');
    expect(await bench({ workers: 60, spread: 1, ssm: 10, hooks: 5, photos: 2, json })).toBe(0);
    const { apis, readySeconds, counted } = JSON.parse(readFileSync(json, 'utf8')) as {
      apis: Record<string, { calls: number; refused: number }>;
      readySeconds: number[];
      counted: number;
    };
    expect([readySeconds.length, counted]).toEqual([60, 120]);
    expect(apis.CompleteLifecycleAction!.refused).toBeGreaterThan(0);
    expect(apis.GetParameter!.calls - apis.GetParameter!.refused).toBe(60);
  }, 300_000);
});
