import { readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig, type TestUserConfig } from 'vitest/config';

/** Files that take longest, in this order: started first, they end while the others fill the second core. */
const LONGEST = [
  'test/local/run.test.ts',
  'test/lambda/gateway/deployed.test.ts',
  'test/tools/package.test.ts',
  'test/lib/lint.test.ts',
  'test/hostile/files.test.ts',
  'test/cli/colour/colour.test.ts',
  'test/cli/redrive-smoke-aws.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return at < 0 ? LONGEST.length : at;
    };
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

/** Files that start a whole stack, which fills `.local`: one after another. */
const STACKS = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/${file.replaceAll(sep, '/')}`)
  .filter((file) => /^import \{.*\blocal\/(run\/stack|start)\.ts'/m.test(readFileSync(file, 'utf8')));

const EVERY: TestUserConfig = {
  setupFiles: process.env.TEST_CPU ? ['test/support/processor-time.ts'] : [],
  globalSetup: ['test/support/temporary-folder.ts'],
  // Stops a test that hangs; generous, so that it does not fail on a slow computer.
  testTimeout: 180_000,
  hookTimeout: 300_000,
  // Files of one worker share their imports: loading the CDK and the AWS SDK for each file takes a third of the run.
  isolate: false,
  // The smallest computer that runs the tests has two cores; half of the time files wait for other processes.
  maxWorkers: 4,
  sequence: { sequencer: LongestFirst },
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
};
const TESTS = ['test/**/*.test.ts'];
const LONG = ['**/*.full.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default'],
    ...EVERY,
    // `npm run test:full` sets FULL: it runs the long files too, and the others in their long form. Without the long ones, one file
    // starts a whole stack.
    ...(process.env.FULL
      ? {
          projects: [
            { test: { ...EVERY, name: 'files', include: TESTS, exclude: STACKS } },
            {
              test: {
                ...EVERY,
                name: 'stacks',
                include: STACKS,
                maxWorkers: 1,
                sequence: { ...EVERY.sequence, groupOrder: 1 },
              },
            },
          ],
        }
      : { include: TESTS, exclude: LONG }),
  },
});
