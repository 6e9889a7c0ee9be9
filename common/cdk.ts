/** The pinned CDK CLI of this checkout. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Absolute path of its entry, to be run by `process.execPath`. */
export const cdkCli = (): string =>
  join(createRequire(import.meta.url).resolve('aws-cdk/package.json'), '..', 'bin', 'cdk');
