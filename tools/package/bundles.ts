/** What runs elsewhere, with everything that it needs: the functions, as the stack bundles them, and the commands. */
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { BUNDLING, PREBUILT } from '../../lib/bundling.ts';
import { buildPage } from '../../lambda/gateway/page/build.ts';

const FUNCTIONS = ['scaler', 'suspend-processes', 'gateway'];

const { banner, ...bundling } = BUNDLING;
const COMMON: BuildOptions = {
  ...bundling,
  bundle: true,
  platform: 'node',
  format: 'esm',
  banner: { js: banner },
  logLevel: 'warning',
};

export async function bundleFunctions(root: string, dist: string): Promise<void> {
  const folder = (name: string) => join(dist, 'lambda', name, PREBUILT);
  await Promise.all([
    ...FUNCTIONS.map((name) =>
      build({
        ...COMMON,
        entryPoints: [join(root, 'lambda', name, 'handler.ts')],
        outfile: join(folder(name), 'index.mjs'),
        sourcemap: true,
        // Lines of ours in a stack trace need no more; with the sources of the SDK, maps are most of the package.
        sourcesContent: false,
      }),
    ),
    // Beside the function that serves it, as lib/gateway.ts has it.
    buildPage(join(folder('gateway'), 'page')),
  ]);
}

/** As `dist/cli.mjs`, one level below `package.json`, where a command looks for the version. */
export async function bundleCommands(root: string, dist: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: { cli: join(root, 'cli', 'commands.ts') },
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'cli/[name]-[hash]',
    // Libraries for one platform each, and those that only a checkout or an app with the CDK has; loaded when they are needed.
    external: ['sharp', 'esbuild', 'tsx', 'aws-cdk-lib', 'constructs'],
    plugins: [WITHOUT_STAGES],
  });
}

const WITHOUT_STAGES: Plugin = {
  name: 'without-stages',
  setup: (made) =>
    made.onResolve({ filter: /\/bin\/stages\.ts$/ }, () => ({
      path: join(import.meta.dirname, 'no-stages.ts'),
    })),
};
