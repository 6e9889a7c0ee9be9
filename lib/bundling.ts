/** How functions are bundled: one way for the stack, and for what measures them. */

/** Some of the SDK's dependencies still call require. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export const BUNDLING = {
  target: 'node20',
  minify: true,
  mainFields: ['module', 'main'],
  banner: BANNER,
};

/** Folder beside a handler's place in which the package has it bundled. */
export const PREBUILT = 'bundle';
