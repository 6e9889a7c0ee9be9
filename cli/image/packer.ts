/**
 * Runs Packer from the PATH.
 *
 * Gotcha: on SIGINT it terminates its instance and removes what it created, which takes a minute. So only Packer itself gets
 * SIGINT (any other signal would kill its plugins), and this process waits for it.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { runToEnd, start } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';
import type { Scope } from '../../common/scope.ts';

export interface PackerOptions {
  /** Has the template; Packer writes its manifest there. */
  directory: string;
  env: NodeJS.ProcessEnv;
  abort: AbortSignal;
  scope: Scope;
  onLine: (line: string) => void;
}

const MANIFEST = 'manifest.json';
const CLEAN_UP_MS = 300_000;
const NOT_FOUND = 127;

const manifestSchema = z.object({
  last_run_uuid: z.string(),
  builds: z.array(z.object({ packer_run_uuid: z.string(), artifact_id: z.string() })),
});

/** @throws UserError with how to install it */
export async function checkPacker({ env, abort }: Pick<PackerOptions, 'env' | 'abort'>): Promise<void> {
  const { code, output } = await runToEnd('packer', ['version'], { env, abort });
  if (code === 0) return;
  throw new UserError(
    code === NOT_FOUND
      ? 'Packer is not installed: see developer.hashicorp.com/packer/install (macOS: brew install hashicorp/tap/packer), ' +
          'or put its one file on the PATH.'
      : `packer version ended with ${code}: ${output}`,
  );
}

/** @returns the id of the image in the region */
export async function buildImage(
  options: PackerOptions,
  variables: Record<string, string>,
  region: string,
): Promise<string> {
  const manifest = join(options.directory, MANIFEST);
  // The manifest of an earlier build must not be taken for this one's.
  rmSync(manifest, { force: true });
  await packer(['init', '.'], options);
  const given = Object.entries(variables).flatMap(([name, value]) => ['-var', `${name}=${value}`]);
  await packer(['build', '-color=false', ...given, '.'], options);
  if (!existsSync(manifest)) throw new UserError(`packer has written no ${manifest}: see its output above.`);
  return imageOf(readFileSync(manifest, 'utf8'), region);
}

/** The image in a manifest. An artifact is `region:ami-...`, several with commas between. */
export function imageOf(text: string, region: string): string {
  const { last_run_uuid, builds } = manifestSchema.parse(JSON.parse(text));
  const artifacts = builds
    .filter(({ packer_run_uuid }) => packer_run_uuid === last_run_uuid)
    .flatMap(({ artifact_id }) => artifact_id.split(','));
  const found = artifacts.filter((artifact) => artifact.startsWith(`${region}:ami-`));
  const [id] = found.map((artifact) => artifact.slice(region.length + 1));
  if (id !== undefined && found.length === 1) return id;
  throw new UserError(
    `packer's manifest has ${found.length} images in ${region}: ${artifacts.join(', ') || 'none at all'}`,
  );
}

async function packer(
  args: string[],
  { directory, env, abort, scope, onLine }: PackerOptions,
): Promise<void> {
  abort.throwIfAborted();
  const child = start('packer', args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let over = false;
  const interrupt = async () => {
    if (over) return;
    onLine('Waiting for packer to clean up; a second Ctrl-C would leave its instance running.');
    child.process.kill('SIGINT');
    const timer = setTimeout(() => void child.stop(), CLEAN_UP_MS);
    await child.ended;
    clearTimeout(timer);
  };
  await scope.defer(interrupt);
  for (const stream of [child.process.stdout, child.process.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', onLine);
  }
  const closed = new Promise<void>((resolve) => child.process.once('close', () => resolve()));
  const code = await child.ended;
  if (code !== NOT_FOUND) await closed;
  over = true;
  abort.throwIfAborted();
  if (code !== 0) throw new UserError(`packer ${args[0] ?? ''} ended with ${code}: see its output above.`);
}
