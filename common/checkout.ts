/** The checkout of this repository that a command runs from; the npm package has none. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './errors.ts';

const ROOT = join(import.meta.dirname, '..');

/** Absolute path of the checkout; undefined in the npm package. */
export const checkout: string | undefined = existsSync(join(ROOT, 'bin', 'stages.ts')) ? ROOT : undefined;

/**
 * @param command as it is called: "image bake"
 * @param reads what it needs of a checkout: "ami/ and worker/"
 * @returns absolute path of the checkout
 * @throws UsageError in the npm package
 */
export function needCheckout(command: string, reads: string): string {
  if (checkout !== undefined) return checkout;
  throw new UsageError(
    `'${command}' reads ${reads} of a checkout, which the npm package does not have: clone the repository and run 'npx ddcolor-elastic ${command}' there.`,
  );
}
