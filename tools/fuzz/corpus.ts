/** Inputs that the fuzzer found, which `npm test` replays: `test/hostile/corpus/TARGET.json`, a list of base64. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** Small, since all are in the repository. */
const MAX_INPUTS = 80;
const MAX_BYTES = 2048;
const file = (target: string) => `test/hostile/corpus/${target}.json`;

export function corpusOf(target: string): Buffer[] {
  try {
    const texts = z.array(z.base64()).parse(JSON.parse(readFileSync(file(target), 'utf8')));
    return texts.map((text) => Buffer.from(text, 'base64'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** @param important kept whatever their number: those that failed, and the slowest */
export function keep(target: string, important: Buffer[], others: Buffer[]): void {
  const texts = [...important, ...others.filter(({ length }) => length <= MAX_BYTES)].map((one) =>
    one.toString('base64'),
  );
  const kept = [...new Set(texts)].slice(0, MAX_INPUTS);
  writeFileSync(file(target), `${JSON.stringify(kept, undefined, 2)}\n`);
}
