/**
 * Provides sharp for the instances: Linux on x64 with glibc, whatever this machine is.
 *
 * It is copied from node_modules when they have it, else installed by npm from the same lock file with the same checksums.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';

const entrySchema = z.looseObject({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
const lockSchema = z.object({ packages: z.record(z.string(), z.looseObject({})) });
type Entry = z.infer<typeof entrySchema>;

const SHARP = 'sharp';
/** The platform packages for the instances. */
const PLATFORM = /^@img\/sharp-(libvips-)?linux-x64$/;
const path = (name: string) => `node_modules/${name}`;

/**
 * The entries of a lock file for sharp on the instances' platform.
 *
 * @throws when the lock file lacks one
 */
export function sharpPackages(lock: unknown): Map<string, Entry> {
  const { packages } = lockSchema.parse(lock);
  const found = new Map<string, Entry>();
  const add = (name: string) => {
    if (found.has(name)) return;
    const entry = entrySchema.safeParse(packages[path(name)]);
    if (!entry.success) throw new Error(`package-lock.json has no ${path(name)}`);
    const { dependencies = {}, optionalDependencies = {} } = entry.data;
    const optional = Object.entries(optionalDependencies).filter(([one]) => PLATFORM.test(one));
    found.set(name, { ...entry.data, optionalDependencies: Object.fromEntries(optional) });
    for (const one of [...Object.keys(dependencies), ...optional.map(([one]) => one)]) add(one);
  };
  add(SHARP);
  if (![...found.keys()].some((name) => PLATFORM.test(name))) {
    throw new Error('package-lock.json has no sharp for Linux on x64');
  }
  return found;
}

/** Copies or installs them below `node_modules/` of a folder. */
export async function placeSharp(root: string, folder: string, abort: AbortSignal): Promise<void> {
  const packages = sharpPackages(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  if ([...packages].every(([name, { version }]) => installed(join(root, path(name)), version))) {
    for (const name of packages.keys()) {
      cpSync(join(root, path(name)), join(folder, path(name)), { recursive: true, dereference: true });
    }
    return;
  }
  await install(packages, folder, abort);
}

function installed(directory: string, version: string): boolean {
  const file = join(directory, 'package.json');
  if (!existsSync(file)) return false;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version === version;
}

export async function install(
  packages: Map<string, Entry>,
  folder: string,
  abort: AbortSignal,
): Promise<void> {
  const own = { name: 'worker', version: '0.0.0', dependencies: { [SHARP]: packages.get(SHARP)?.version } };
  const entries = [...packages].map(([name, entry]) => [path(name), entry]);
  const lock = {
    ...own,
    lockfileVersion: 3,
    requires: true,
    packages: Object.fromEntries([['', own], ...entries]) as unknown,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  const cli = process.env.npm_execpath;
  const [command, before] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  const options = ['--os=linux', '--cpu=x64', '--libc=glibc', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code, output } = await runToEnd(command, [...before, 'ci', ...options], { cwd: folder, abort });
  if (code !== 0) throw new UserError(`npm could not install sharp for the instances (${code}):\n${output}`);
  for (const file of ['package.json', 'package-lock.json']) rmSync(join(folder, file));
}
