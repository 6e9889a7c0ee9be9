import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig } from 'vitest/config';

/** Files that take longest, in this order: started first, they end while the others fill the second core. */
const LONGEST = [
  'test/local/run.test.ts',
  'test/lambda/gateway/deployed.test.ts',
  'test/tools/package.test.ts',
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

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/temporary-folder.ts'],
    // `npm run test:full` sets FULL: it runs these files too, and the others in their long form.
    exclude: process.env.FULL ? [] : ['**/*.full.test.ts'],
    // Stops a test that hangs; generous, so that it does not fail on a slow computer.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // The smallest computer that runs the tests has two cores; a third of the files wait for other processes.
    maxWorkers: 3,
    // Files of one worker share their imports: loading the CDK and the AWS SDK for each file takes a third of the run.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    reporters: ['default'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});
