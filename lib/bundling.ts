/** How functions are bundled: by the stack at synth, for the package, and in the benchmark. */
import type { BuildOptions } from 'esbuild';

/** Some of the SDK's dependencies still call require. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export const BUNDLING = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  mainFields: ['module', 'main'],
  banner: { js: BANNER },
  logLevel: 'warning',
} satisfies BuildOptions;

/** Folder in a handler's folder where the package has it bundled. */
export const PREBUILT = 'bundle';
