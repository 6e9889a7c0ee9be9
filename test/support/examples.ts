/**
 * Synthesises examples as the CDK's CLI does, all in one process: loading the CDK takes longer than an example.
 *
 *     node --import tsx examples.ts FOLDER EXAMPLE...
 */
import { join } from 'node:path';

const [folder = '', ...examples] = process.argv.slice(2);
for (const example of examples) {
  // An app reads it when it is made, and synthesises at the end of the process.
  process.env.CDK_OUTDIR = join(folder, example);
  await import(`../../examples/${example}/app.ts`);
}
