/** Runs `packer fmt` and `packer validate` where Packer is installed; no package registry has it. */
import { join } from 'node:path';
import { resultOf, NO_PROGRAM, notInstalled, runProgram, type CheckResult } from './result.ts';

const HOW = 'Packer 1.11 or newer, https://developer.hashicorp.com/packer/install';
const MINIMUM = [1, 11] as const;

export async function packerChecks(root: string): Promise<CheckResult[]> {
  const [format, validate] = ['packer fmt', 'packer validate'];
  const asked = await runProgram('packer', ['version']);
  const missing = asked.code === NO_PROGRAM ? HOW : tooOld(asked.output);
  if (missing) return [notInstalled(format, missing), notInstalled(validate, missing)];

  const folder = join(root, 'ami', 'packer');
  const results = [resultOf(format, await runProgram('packer', ['fmt', '-check', '-diff', folder]))];
  // Values of variables without a default. The archive must be a file of any content.
  const variables = [
    ['-var', `revision=${'0'.repeat(40)}`],
    ['-var', `worker_archive=${join(folder, 'variables.pkr.hcl')}`],
  ].flat();
  const syntax = await runProgram('packer', ['validate', '-syntax-only', ...variables, folder]);
  const plugins = await runProgram('packer', ['plugins', 'installed']);
  if (syntax.code !== 0) results.push(resultOf(validate, syntax));
  else if (plugins.output.includes('packer-plugin-amazon'))
    results.push(resultOf(validate, await runProgram('packer', ['validate', ...variables, folder])));
  else results.push(notInstalled(validate, 'its plugin: packer init ami/packer; the syntax is valid'));
  return results;
}

/** @returns the message for a Packer older than 1.11, such as Debian's; undefined for a newer one */
function tooOld(output: string): string | undefined {
  const [found, major, minor] = /v(\d+)\.(\d+)\.\d+/.exec(output) ?? [];
  const enough = Number(major) > MINIMUM[0] || (Number(major) === MINIMUM[0] && Number(minor) >= MINIMUM[1]);
  return enough ? undefined : `${HOW}; the one on the PATH is ${found ?? 'another program'}`;
}
