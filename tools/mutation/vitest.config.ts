/** The tests of one shard, named by the variable SHARD. */
import { defineConfig } from 'vitest/config';
import table from './shards.json' with { type: 'json' };

const { shards } = table;

const shard = shards[process.env.SHARD as keyof typeof shards];

export default defineConfig({
  test: {
    include: shard?.tests ?? [],
    exclude: [...(shard?.slowTests ?? []), '**/node_modules/**'],
    testTimeout: 180_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});
