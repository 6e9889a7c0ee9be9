/** Packer's own word on its template. It is no package of a registry that we install from, so only where it is already. */
import { join } from 'node:path';
import { judged, NO_PROGRAM, notInstalled, run, type Verdict } from './result.ts';

const HOW = 'Packer 1.11 or newer, https://developer.hashicorp.com/packer/install';
const MINIMUM = [1, 11] as const;

export async function packerChecks(root: string): Promise<Verdict[]> {
  const [format, validate] = ['packer fmt', 'packer validate'];
  const asked = await run('packer', ['version']);
  const missing = asked.code === NO_PROGRAM ? HOW : tooOld(asked.output);
  if (missing) return [notInstalled(format, missing), notInstalled(validate, missing)];

  const folder = join(root, 'ami', 'packer');
  const verdicts = [judged(format, await run('packer', ['fmt', '-check', '-diff', folder]))];
  // Values for what has no default. The archive has to be a file, of whatever content.
  const variables = [
    ['-var', `revision=${'0'.repeat(40)}`],
    ['-var', `worker_archive=${join(folder, 'variables.pkr.hcl')}`],
  ].flat();
  const syntax = await run('packer', ['validate', '-syntax-only', ...variables, folder]);
  const plugins = await run('packer', ['plugins', 'installed']);
  if (syntax.code !== 0) verdicts.push(judged(validate, syntax));
  else if (plugins.output.includes('packer-plugin-amazon'))
    verdicts.push(judged(validate, await run('packer', ['validate', ...variables, folder])));
  else verdicts.push(notInstalled(validate, 'its plugin, packer init ami/packer (the syntax is right)'));
  return verdicts;
}

/** @returns what to say of a Packer that cannot know our template; Debian's, for example, is from 2020 */
function tooOld(output: string): string | undefined {
  const [found, major, minor] = /v(\d+)\.(\d+)\.\d+/.exec(output) ?? [];
  const enough = Number(major) > MINIMUM[0] || (Number(major) === MINIMUM[0] && Number(minor) >= MINIMUM[1]);
  return enough ? undefined : `${HOW}; the one on the PATH is ${found ?? 'another program'}`;
}
