/**
 * Makes a checkout ready to run TypeScript: checks Node, installs the locked packages, registers the loader.
 *
 * Plain JavaScript without dependencies, because it runs before `npm ci` has.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export const fail = (message) => {
  console.error(message);
  process.exit(1);
};

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.versions.node} is too old: 20.19 or newer is needed (nodejs.org).`);
  }
}

/** Runs `npm ci` unless node_modules was installed from this very lock file, on this platform. */
async function ensureDependencies() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256')
    .update(lock)
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
  const marker = join(root, 'node_modules', '.installed-from');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  const startedAt = Date.now();
  // On stderr: the command's own output may be JSON.
  console.error('Installing the npm packages (first run, or the lock file changed)...');
  // No package needs its install script: esbuild's only makes its command start faster.
  const code = await npm(['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']);
  if (code !== 0) fail(`npm ci failed with exit code ${code}: see its output above.`);
  writeFileSync(marker, wanted);
  console.error(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

function npm(args) {
  // npm passes its own path to its scripts; without it, the npm on the PATH is used.
  const cli = process.env.npm_execpath;
  const [command, before] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  return new Promise((resolve) => {
    const child = spawn(command, [...before, ...args], {
      cwd: root,
      stdio: ['ignore', process.stderr, 'inherit'],
    });
    const stop = (signal) => {
      child.kill(signal);
      process.exitCode = 130;
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    child.once('error', (error) => fail(`cannot run npm: ${error.message}`));
    child.once('exit', (code, signal) => {
      process.removeListener('SIGINT', stop);
      process.removeListener('SIGTERM', stop);
      if (signal || process.exitCode === 130) process.exit(130);
      resolve(code);
    });
  });
}

/** The folder the command was called from. npm runs scripts in the root and passes the caller's folder in INIT_CWD. */
export function callerDirectory() {
  const own = process.cwd() === root && process.env.npm_package_json === join(root, 'package.json');
  return (own && process.env.INIT_CWD) || process.cwd();
}

/**
 * Runs the `main` of a TypeScript file in this process, so that Ctrl-C reaches the code that cleans up.
 *
 * @param entry path from the root
 * @param args arguments of the command
 * @param directory working directory
 */
export async function runEntry(entry, args, directory) {
  checkNode();
  await ensureDependencies();
  process.chdir(directory);
  // The SDK warns on Node versions that it will stop supporting.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { register } = await import('tsx/esm/api');
  register();
  const { main } = await import(pathToFileURL(join(root, entry)).href);
  try {
    process.exitCode = await main(args);
  } catch (error) {
    // Node would print its message as it is.
    const { printBug } = await import('./terminal.ts');
    printBug(error);
    process.exitCode = 1;
  }
}
