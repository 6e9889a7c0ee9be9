/**
 * `npm run test:full -- packer-build --port N --key FILE [--user NAME] [--host HOST] [--var NAME=VALUE]... [NAME=VALUE]...`: runs the
 * build block of the image's template by Packer over SSH on a machine that exists, twice. `bare-root.sh` makes one.
 *
 * The machine needs checkouts of ComfyUI and DDColor and a file of weights, whose places are variables of the scripts
 * (`COMFYUI_SOURCE=/src/comfyui`), and whose hash is one of the template (`--var weights_sha256=...`).
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { workerArchive } from '../../cli/image/worker-archive.ts';
import { command } from '../../common/command.ts';
import { localPath } from '../../common/environment.ts';
import { UsageError } from '../../common/errors.ts';
import { runToEnd } from '../../common/processes.ts';
import { ensurePacker } from './install.ts';
import { overSsh, repeatedStep, type SshTarget } from './template.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TEMPLATE = 'ddcolor-elastic.pkr.hcl';
/** The last line of the gate, whose path is where the instances look for their canary. */
const PASSED = '90-gate.sh: passed: /opt/worker/canary.json';
export async function main(args: string[]): Promise<number> {
  return command('npm run test:full -- packer-build', async ({ abort, progress, scope }) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string' },
        user: { type: 'string', default: 'ubuntu' },
        key: { type: 'string' },
        var: { type: 'string', multiple: true, default: [] },
      },
    });
    const { host, port, user, key } = values;
    if (key === undefined || !(Number(port) > 0)) throw new UsageError('--port and --key are needed.');
    const say = (line: string) => progress.print(line);
    const { program, env } = await ensurePacker(abort, say);
    const archive = await workerArchive(ROOT, localPath('packer-build'), abort);
    const folder = mkdtempSync(join(tmpdir(), 'build-'));
    await scope.defer(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
    cpSync(join(ROOT, 'ami'), folder, { recursive: true });
    const target: SshTarget = { host, port: Number(port), user, key };
    const file = join(folder, 'packer', TEMPLATE);
    writeFileSync(file, overSsh(readFileSync(file, 'utf8'), target, positionals));
    const variables = [`revision=${'0'.repeat(40)}`, `worker_archive=${archive}`, ...values.var];
    for (const run of ['first', 'second']) {
      const startedAt = performance.now();
      say(`== ${run} run`);
      const { code, output } = await runToEnd(
        program,
        ['build', '-color=false', ...variables.flatMap((one) => ['-var', one]), join(folder, 'packer')],
        { env, abort, onLine: (line) => line.trim() && say(line) },
      );
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      const repeated = run === 'second' ? repeatedStep(output) : undefined;
      if (code !== 0 || !output.includes(PASSED) || repeated !== undefined) {
        say(`failed in its ${run} run (${code}): ${repeated ?? `no '${PASSED}'`}`);
        return 1;
      }
      say(`== ${run} run: the gate passed, ${seconds} s`);
    }
    return 0;
  });
}
