/** The compiled kernels are what their sources say. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compile, moduleOf } from '../../tools/kernels/build.ts';

it('the compiler makes the same bytes again', () => {
  expect(moduleOf(compile())).toBe(readFileSync('colour/simd/module.ts', 'utf8'));
});
