#!/usr/bin/env node
/** `ddcolor-elastic`: runs the TypeScript of a checkout, or the bundle of the npm package. */
import { existsSync } from 'node:fs';

const CHECKOUT = new URL('../common/bootstrap.mjs', import.meta.url);
const BUNDLED = new URL('../dist/cli.mjs', import.meta.url);

if (existsSync(CHECKOUT)) {
  const { callerDirectory, runEntry } = await import(CHECKOUT.href);
  await runEntry('cli/commands.ts', process.argv.slice(2), callerDirectory());
} else {
  process.exitCode = await runBundled(process.argv.slice(2));
}

async function runBundled(args) {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { main, printBug } = await import(BUNDLED.href);
  try {
    return await main(args);
  } catch (error) {
    const needsSharp = error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes("'sharp'");
    if (needsSharp) console.error('This command reads pictures and needs sharp: npm install sharp');
    else printBug(error);
    return needsSharp ? 2 : 1;
  }
}
