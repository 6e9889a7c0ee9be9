/**
 * `npm run test:full -- comfyui [-- --comfyui DIR] [--ddcolor DIR] [-- PYTEST-ARGUMENTS]`:
 * runs the tests of our ComfyUI node in ComfyUI's Python environment, on the CPU with random weights, and compares what a photo costs
 * ComfyUI beside the network with the figures that are checked in.
 */
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { command } from '../common/command.ts';
import { start } from '../common/processes.ts';
import { prefix, setup } from '../cli/comfyui/setup.ts';
import { bench } from './bench/beside-network.ts';

/** Provision steps of a ComfyUI without weights. */
const STEPS = ['20-tools', '30-comfyui', '40-python', '45-pytest', '50-ddcolor'];
const NODE = join(import.meta.dirname, '..', 'ami', 'comfyui');

export async function main(args: string[]): Promise<number> {
  const code = await tests(args);
  return code === 0 ? bench({ photos: 64, rounds: 5, compare: true }) : code;
}

function tests(args: string[]): Promise<number> {
  return command('npm run test:full -- comfyui', async ({ abort, scope, progress }) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { comfyui: { type: 'string' }, ddcolor: { type: 'string' } },
    });
    await setup({ ...values, steps: STEPS }, abort, (line) => progress.print(line));
    const at = (...parts: string[]) => join(prefix(), 'opt', ...parts);
    const python = at('comfyui', '.venv', 'bin', 'python');
    const pytest = start(python, ['-m', 'pytest', '-p', 'no:cacheprovider', '--quiet', ...positionals], {
      cwd: NODE,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        PYTHONPATH: [at('ddcolor'), at('pytest')].join(delimiter),
        PYTHONDONTWRITEBYTECODE: '1',
      },
    });
    await scope.defer(() => pytest.stop());
    const code = await pytest.ended;
    return typeof code === 'number' ? code : 1;
  });
}
