/** First file of every npm script: makes a fresh clone ready, then runs the TypeScript entry named by the first argument. */
import { callerDirectory, fail, root, runEntry } from '../common/checkout.mjs';

const ENTRIES = {
  start: 'local/start.ts',
  test: 'tools/test.ts',
  'test:long': 'tools/long.ts',
  chaos: 'tools/chaos/main.ts',
  comfyui: 'cli/comfyui/main.ts',
  ami: 'cli/image/main.ts',
  'test:comfyui': 'tools/comfyui-node-tests.ts',
  cdk: 'tools/cdk.ts',
  cli: 'cli/commands.ts',
  'deploy-role': 'cli/deploy-role.ts',
  review: 'tools/pipeline/review.ts',
  actionlint: 'tools/pipeline/actionlint.ts',
  package: 'tools/package/build.ts',
  simulate: 'sim/main.ts',
  figures: 'sim/figures.ts',
  trial: 'sim/trial.ts',
  season: 'sim/season.ts',
  'bench:sim': 'tools/bench/simulator.ts',
  'bench:scaler': 'tools/bench/scaler.ts',
  'bench:paths': 'tools/bench/paths.ts',
  'bench:worker': 'tools/bench/worker.ts',
  'bench:gateway': 'tools/bench/gateway.ts',
  'bench:edge': 'tools/bench/edge.ts',
};

/** These take paths that are relative to the caller's folder. */
const IN_CALLERS_FOLDER = ['simulate', 'trial', 'season', 'cli'];

const [name, ...args] = process.argv.slice(2);
const entry = ENTRIES[name];
if (!entry) fail(`unknown command '${name}' (${Object.keys(ENTRIES).join(', ')})`);
await runEntry(entry, args, IN_CALLERS_FOLDER.includes(name) ? callerDirectory() : root);
