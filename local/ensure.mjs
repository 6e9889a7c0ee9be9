/**
 * First thing of every npm script, and of `ddcolor-elastic`: makes a fresh clone ready, then hands over to the TypeScript entry.
 *
 * Plain JavaScript with no dependency, because it runs before `npm ci` has. The entry is imported rather than spawned:
 * one process less between Ctrl-C and the code that cleans up.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ENTRIES = {
  start: 'local/start.ts',
  test: 'local/check.ts',
  'test:long': 'local/long.ts',
  chaos: 'local/chaos/main.ts',
  comfyui: 'local/real/main.ts',
  ami: 'ami/release/main.ts',
  'test:comfyui': 'local/real/test.ts',
  cdk: 'local/cdk.ts',
  cli: 'cli/commands.ts',
  'deploy-role': 'local/pipeline/deploy-role.ts',
  review: 'local/pipeline/review.ts',
  actionlint: 'local/pipeline/actionlint.ts',
  package: 'local/package/build.ts',
  simulate: 'sim/main.ts',
  figures: 'sim/figures.ts',
  trial: 'sim/trial.ts',
  season: 'sim/season.ts',
  'bench:sim': 'sim/bench.ts',
  'bench:scaler': 'local/bench/scaler.ts',
  'bench:paths': 'local/bench/paths.ts',
  'bench:worker': 'local/bench/worker.ts',
  'bench:gateway': 'local/bench/gateway.ts',
  'bench:edge': 'local/bench/edge.ts',
};

const fail = (message) => {
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
  // Not to where a command's own output goes: it may be JSON.
  console.error('Installing the npm packages (first run, or the lock file changed)...');
  const code = await npm(['ci', '--no-fund', '--no-audit', '--loglevel=error']);
  if (code !== 0) fail(`npm ci failed with exit code ${code}: see its output above.`);
  writeFileSync(marker, wanted);
  console.error(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

function npm(args) {
  // npm tells its scripts where it is; without that (node local/ensure.mjs), the one on the PATH is taken.
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

const [name, ...args] = process.argv.slice(2);
const entry = ENTRIES[name];
if (!entry) fail(`unknown command '${name}' (${Object.keys(ENTRIES).join(', ')})`);
checkNode();
await ensureDependencies();
// Files that these are given are named from where they were called, everything else works in the repository. npm runs its
// scripts in the root and tells where it was called; npx and node stay there, whichever script they are part of.
const own = process.cwd() === root && process.env.npm_package_json === join(root, 'package.json');
const called = (own && process.env.INIT_CWD) || process.cwd();
process.chdir(['simulate', 'trial', 'season', 'cli'].includes(name) ? called : root);
// Any Node that this project supports runs everything here; the SDK's reminder of newer ones is not for its users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
const { register } = await import('tsx/esm/api');
register();
const { main } = await import(pathToFileURL(join(root, entry)).href);
process.exitCode = await main(args);
