/** Entry point of a child process: `cli/main.mjs` without the installation of packages. */
import { main } from '../../../cli/commands.ts';

process.exitCode = await main(process.argv.slice(2));
