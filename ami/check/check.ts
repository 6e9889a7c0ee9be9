/** Looks over what makes the image, without an account: Packer's template, shell scripts, systemd's units. */
import { join, resolve } from 'node:path';
import { packerChecks } from './packer.ts';
import type { CheckResult } from './result.ts';
import { shellChecks } from './shell.ts';
import { unitChecks } from './units.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');

/**
 * @param args the folder that has `ami/`, when it is not this repository
 * @returns 0 unless something failed; what is not installed does not fail
 */
export async function check(args: string[]): Promise<number> {
  const root = resolve(args[0] ?? REPOSITORY);
  const verdicts = [...(await packerChecks(root)), await shellChecks(root), await unitChecks(root)];
  for (const verdict of verdicts) console.log(line(verdict));
  return verdicts.some(({ state }) => state === 'failed') ? 1 : 0;
}

function line({ name, state, detail }: CheckResult): string {
  if (state === 'ok') return `${name}: ok`;
  if (state === 'not installed') return `${name}: not installed (${detail})`;
  return `${name}: failed\n${(detail ?? '').replace(/^/gm, '  ')}`;
}
