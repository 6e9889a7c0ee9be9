/** Cache of the program's values on disk, in a checkout in `.local/bounds`: a bound takes longer to compute than a run. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { checkout } from '../../common/checkout.ts';
import type { Scenario } from '../scenario.ts';
import type { KnownValues } from './bound.ts';

// Not the temporary folder, in which every user may write.
const FOLDER = checkout
  ? join(checkout, '.local', 'bounds')
  : join(homedir(), '.cache', 'ddcolor-elastic', 'bounds');
/** Increase when the program changes. */
const VERSION = 1;
const schema = z.array(z.tuple([z.number(), z.number()]));

function pathOf({ arrivals, horizon, world, seed }: Scenario): string {
  const { min, max, slots, boot, service, serviceSigma, worker } = world;
  const serviceSeed = serviceSigma === 0 && !worker ? 0 : seed;
  const key = JSON.stringify([
    ...[VERSION, horizon, min, max, slots, boot, service, serviceSigma, serviceSeed],
    ...(worker ? [worker] : []),
  ]);
  const bytes = new Uint8Array(arrivals.buffer, arrivals.byteOffset, arrivals.byteLength);
  const hash = createHash('sha256').update(key).update(bytes).digest('hex');
  return join(FOLDER, `${hash.slice(0, 32)}.json`);
}

/** @returns no values when the file is missing or damaged */
export async function loadKnown(scenario: Scenario): Promise<KnownValues> {
  try {
    return new Map(schema.parse(JSON.parse(await readFile(pathOf(scenario), 'utf8'))));
  } catch {
    return new Map();
  }
}

export async function saveKnown(scenario: Scenario, known: KnownValues): Promise<void> {
  const path = pathOf(scenario);
  await mkdir(FOLDER, { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, JSON.stringify([...known]), { flag: 'wx' });
  await rename(temporary, path);
}
