/** Checks the image's sources without an AWS account: Packer template, shell scripts, systemd units. */
import { join, resolve } from 'node:path';
import { packerChecks } from './packer.ts';
import type { CheckResult } from './result.ts';
import { shellChecks } from './shell.ts';
import { unitChecks } from './units.ts';
import { printText } from '../../common/terminal.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');

/**
 * @param args folder that contains `ami/`. @default - this repository
 * @returns exit code: 1 when a check failed; a tool that is not installed is no failure
 */
export async function check(args: string[]): Promise<number> {
  const root = resolve(args[0] ?? REPOSITORY);
  const checks = await Promise.all([packerChecks(root), shellChecks(root), unitChecks(root)]);
  const results = checks.flat();
  for (const result of results) printText(line(result));
  return results.some(({ state }) => state === 'failed') ? 1 : 0;
}

function line({ name, state, detail }: CheckResult): string {
  if (state === 'ok') return `${name}: ok`;
  if (state === 'not installed') return `${name}: not installed (${detail})`;
  return `${name}: failed\n${(detail ?? '').replace(/^/gm, '  ')}`;
}
