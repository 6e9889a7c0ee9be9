/** What `cli/main.mjs` does once the packages are there. */
import { main } from '../../../cli/commands.ts';

process.exitCode = await main(process.argv.slice(2));
