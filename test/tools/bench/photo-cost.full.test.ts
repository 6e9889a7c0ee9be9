/** A photo costs the worker no more beside its codec than when the results were checked in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localPath } from '../../../common/environment.ts';
import {
  COMPARED,
  losses,
  readCosts,
  WORKER_RESULTS,
  type CostRatio,
} from '../../../tools/bench/compare-costs.ts';
import { bundlePhotoCost, measurePhotoCosts } from '../../../tools/bench/photo-cost.ts';
import { settingsFor } from '../../../tools/bench/settings.ts';
import { SCAN_KINDS } from '../../../tools/bench/worker-options.ts';

/** Other work on the machine makes both sides slower, not always alike: a loss is one that stays. */
const TRIES = 4;

describe('CPU seconds of a photo beside its codec', () => {
  let folder: string;
  beforeAll(async () => {
    // Inside of the repository, so that the bundles find sharp.
    folder = mkdtempSync(localPath('cost-'));
    await bundlePhotoCost(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(SCAN_KINDS)('are a tenth more than before at most: %s', { timeout: 600_000 }, async (kind) => {
    const before = readCosts(WORKER_RESULTS);
    const now: CostRatio[] = [];
    let found: string[] = [];
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const settings = settingsFor('cpu', 'chroma');
      const run = { folder, settings, megapixels: COMPARED[kind], kinds: [kind], parts: false };
      now.push(...(await measurePhotoCosts({ ...run, say: () => undefined })));
      found = losses(before, now, relative(process.cwd(), WORKER_RESULTS));
      if (found.length === 0) break;
    }
    expect(found).toEqual([]);
  });
});
