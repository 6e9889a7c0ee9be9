/** Bundles the functions, as the stack does, and the commands, with all their dependencies. */
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { BUNDLING, PREBUILT } from '../../lib/bundling.ts';
import { buildPage } from '../../lambda/gateway/page/build.ts';

const FUNCTIONS = [
  'scaler',
  'suspend-processes',
  'gateway',
  'origin-secret',
  'probe',
  'outcome-events',
  'outcome-events/webhooks',
];

export async function bundleFunctions(root: string, dist: string): Promise<void> {
  const folder = (name: string) => join(dist, 'lambda', name, PREBUILT);
  await Promise.all([
    ...FUNCTIONS.map((name) =>
      build({
        ...BUNDLING,
        entryPoints: [join(root, 'lambda', name, 'handler.ts')],
        outfile: join(folder(name), 'index.mjs'),
        sourcemap: true,
        // Stack traces need no sources; with those of the SDK, maps would be most of the package.
        sourcesContent: false,
      }),
    ),
    // In the folder of the function that serves it, as in lib/gateway.ts.
    buildPage(join(folder('gateway'), 'page')),
  ]);
}

/** Files that commands read from the folder of their code, a chunk in `dist/cli/`. */
const FILES_OF_COMMANDS = [
  'cli/workflow/nodes/image-nodes.json',
  ...['page.html', 'page.css', 'page.js', 'shared.js', 'graph.js', 'time-plots.js', 'frontier.js'].map(
    (name) => `sim/report/${name}`,
  ),
  ...['dashboard.html', 'dashboard.css', 'dashboard.js'].map((name) => `sim/report/${name}`),
  'sim/learned/lstm.py',
  'sim/learned/requirements.txt',
  'node_modules/uplot/dist/uPlot.iife.min.js',
  'node_modules/uplot/dist/uPlot.min.css',
];

/** Writes `dist/cli.mjs`, one level below `package.json`, from which a command reads the version. */
export async function bundleCommands(root: string, dist: string): Promise<void> {
  await build({
    ...BUNDLING,
    entryPoints: {
      cli: join(root, 'cli', 'commands.ts'),
      'cli/worker': join(root, 'sim', 'parallel', 'worker.mjs'),
    },
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'cli/[name]-[hash]',
    // The threads of the simulator register a loader for TypeScript, of which a bundle has none.
    alias: { 'tsx/esm/api': join(import.meta.dirname, 'no-loader.ts') },
    // Libraries for one platform each, and those that only a checkout or an app with the CDK has; loaded when they are needed.
    external: ['sharp', 'esbuild', 'aws-cdk-lib', 'constructs'],
    plugins: [WITHOUT_STAGES],
  });
  for (const file of FILES_OF_COMMANDS) copyFileSync(join(root, file), join(dist, 'cli', basename(file)));
}

const WITHOUT_STAGES: Plugin = {
  name: 'without-stages',
  setup: (made) =>
    made.onResolve({ filter: /\/bin\/stages\.ts$/ }, () => ({
      path: join(import.meta.dirname, 'no-stages.ts'),
    })),
};
