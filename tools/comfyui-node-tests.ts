/**
 * `npm run test:full -- comfyui [-- --comfyui DIR] [--ddcolor DIR] [-- PYTEST-ARGUMENTS]`:
 * runs the tests of our ComfyUI node in ComfyUI's Python environment, on the CPU with random weights.
 */
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { command } from '../common/command.ts';
import { start } from '../common/processes.ts';
import { prefix, setup } from '../cli/comfyui/setup.ts';

/** Provision steps of a ComfyUI without weights. */
const STEPS = ['20-tools', '30-comfyui', '40-python', '45-pytest', '50-ddcolor'];
const NODE = join(import.meta.dirname, '..', 'ami', 'comfyui');

export async function main(args: string[]): Promise<number> {
  return command('npm run test:full -- comfyui', async ({ abort, scope, progress }) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { comfyui: { type: 'string' }, ddcolor: { type: 'string' } },
    });
    await setup({ ...values, steps: STEPS }, abort, (line) => progress.print(line));
    const at = (...parts: string[]) => join(prefix(), 'opt', ...parts);
    const python = at('comfyui', '.venv', 'bin', 'python');
    const tests = start(python, ['-m', 'pytest', '-p', 'no:cacheprovider', '--quiet', ...positionals], {
      cwd: NODE,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        PYTHONPATH: [at('ddcolor'), at('pytest')].join(delimiter),
        PYTHONDONTWRITEBYTECODE: '1',
      },
    });
    await scope.defer(() => tests.stop());
    const code = await tests.ended;
    return typeof code === 'number' ? code : 1;
  });
}
