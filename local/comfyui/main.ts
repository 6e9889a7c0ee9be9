/** Runs the stand-in ComfyUI as a process: `--port P --seconds S --device cpu|cuda --palette patches|fields`, folders in `COMFYUI_DIRECTORY`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Faults } from './classes.ts';
import { PALETTES } from './palettes.ts';
import { startStandIn } from './server.ts';
import { printError, printLine } from '../../common/terminal.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '1.5' },
    device: { type: 'string', default: 'cpu' },
    palette: { type: 'string', default: 'patches' },
  },
});
const [port, seconds] = [Number(values.port), Number(values.seconds)];
if (!(Number.isInteger(port) && port >= 0 && port <= 65_535))
  fail(`--port '${values.port}' is not 0 to 65535`);
if (!(seconds >= 0)) fail(`--seconds '${values.seconds}' is not a number of 0 or more`);
if (values.device !== 'cpu' && values.device !== 'cuda')
  fail(`--device '${values.device}' is not cpu or cuda`);
if (!isPalette(values.palette)) fail(`--palette '${values.palette}' is not patches or fields`);

const standIn = await startStandIn({
  port,
  device: values.device,
  palette: PALETTES[values.palette],
  directory: process.env.COMFYUI_DIRECTORY,
  inferenceEnd: (startedMs, photos) =>
    sleep(Math.max(0, startedMs + photos * seconds * 1000 - performance.now())),
  end: () => process.exit(1),
});
printLine(
  `STAND-IN for ComfyUI on ${standIn.url}: the protocol is ComfyUI's, the colours are made up, not those of DDColor.`,
);
process.send?.({ url: standIn.url });
// The chaos run switches faults on and off over IPC.
process.on('message', (faults: Partial<Faults>) => void Object.assign(standIn.faults, faults));

const end = () => void standIn.close().then(() => process.exit(0));
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.on('disconnect', end);

function isPalette(name: string): name is keyof typeof PALETTES {
  return Object.hasOwn(PALETTES, name);
}

function fail(message: string): never {
  printError(message);
  process.exit(2);
}
