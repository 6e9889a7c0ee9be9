/** First file of every npm script: makes a fresh clone ready, then runs the TypeScript entry named by the first argument. */
import { callerDirectory, fail, root, runEntry } from '../common/bootstrap.mjs';

const ENTRIES = {
  start: 'local/start.ts',
  test: 'tools/test.ts',
  'test:full': 'tools/test-full.ts',
  mutate: 'tools/mutation/main.ts',
  bench: 'tools/bench/main.ts',
  chaos: 'tools/chaos/main.ts',
  cdk: 'tools/cdk.ts',
  cli: 'cli/commands.ts',
  review: 'tools/pipeline/review.ts',
  package: 'tools/package/build.ts',
  reference: 'tools/reference/main.ts',
  actionlint: 'tools/pipeline/actionlint.ts',
  corpus: 'tools/corpus/main.ts',
  kernels: 'tools/kernels/build.ts',
  'image-nodes': 'tools/image-nodes/main.ts',
};

const [name, ...args] = process.argv.slice(2);
const entry = ENTRIES[name];
if (!entry) fail(`unknown command '${name}' (${Object.keys(ENTRIES).join(', ')})`);
// The package's commands take paths relative to the caller's folder.
await runEntry(entry, args, name === 'cli' ? callerDirectory() : root);
