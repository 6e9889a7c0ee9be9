/** `ddcolor-elastic comfyui`: a real ComfyUI with DDColor on this machine. */
import { resolve } from 'node:path';
import { Option } from 'commander';
import { needCheckout } from '../../common/checkout.ts';
import { command as runCommand } from '../../common/command.ts';
import { wholeNumber, type CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { COMFYUI_PORT, running, startComfyui, stopComfyui } from './service.ts';
import { prefix, setup } from './setup.ts';
import { printJson, printLine } from '../../common/terminal.ts';

interface Sources {
  comfyui?: string;
  ddcolor?: string;
  weights?: string;
  randomWeights?: number;
}

const PATH = (text: string) => resolve(text);

export function define(command: CommandLine): void {
  command.description(
    "Sets up and runs a real ComfyUI with DDColor on this machine; 'npm start -- --comfyui local' colours with it.",
  );
  command
    .command('setup')
    .description(
      'Makes a ComfyUI with DDColor in .local/comfyui by the steps that make an image. Can be repeated.',
    )
    .addOption(
      new Option('--comfyui <dir>', 'a local checkout of ComfyUI instead of a download').argParser(PATH),
    )
    .addOption(
      new Option('--ddcolor <dir>', 'a local checkout of piddnad/DDColor instead of a download').argParser(
        PATH,
      ),
    )
    .addOption(
      new Option('--weights <file>', "a local file of DDColor's weights instead of a download")
        .argParser(PATH)
        .conflicts('randomWeights'),
    )
    .addOption(
      new Option('--random-weights <seed>', 'weights from a seed, whose colours mean nothing').argParser(
        wholeNumber(0, 2 ** 31),
      ),
    )
    .notes('Example: ddcolor-elastic comfyui setup')
    .runs(({ randomWeights, ...sources }: Sources) => {
      needCheckout('comfyui setup', 'ami/');
      return runCommand('ddcolor-elastic comfyui setup', async ({ abort, progress }) => {
        const seed = randomWeights === undefined ? undefined : String(randomWeights);
        await setup({ ...sources, randomWeights: seed }, abort, (line) => progress.print(line));
        progress.print(`ComfyUI is set up in ${prefix()}; 'ddcolor-elastic comfyui start' starts it.`);
        return EXIT.done;
      });
    });
  command
    .command('start')
    .description('Starts it, on the GPU where there is one.')
    .addOption(
      new Option('--port <port>', 'port on 127.0.0.1')
        .default(COMFYUI_PORT)
        .argParser(wholeNumber(1, 65_535)),
    )
    .option('--cpu', 'use the CPU in any case')
    .notes('Example: ddcolor-elastic comfyui start --cpu')
    .runs((options: { port: number; cpu?: boolean }) =>
      runCommand('ddcolor-elastic comfyui start', async ({ abort, progress }) => {
        const { url, device, pid } = await startComfyui(options, abort);
        progress.print(`ComfyUI runs at ${url}, on ${device}, as process ${pid}.`);
        return EXIT.done;
      }),
    );
  command
    .command('stop')
    .description('Stops it.')
    .notes('Example: ddcolor-elastic comfyui stop')
    .runs(async () => {
      printLine((await stopComfyui()) ? 'ComfyUI has stopped.' : 'No ComfyUI runs.');
      return EXIT.done;
    });
  command
    .command('status')
    .description('Shows whether it runs, and where.')
    .option('--json', 'print one JSON object and nothing else')
    .notes(
      'Example: ddcolor-elastic comfyui status\n\nExit codes: 0 it runs; 1 it does not; 2 wrong command line.',
    )
    .runs(async ({ json }: { json?: boolean }) => {
      const found = running();
      if (json) printJson({ command: 'comfyui status', running: found ?? null });
      else printLine(found ? `ComfyUI runs at ${found.url}, on ${found.device}.` : 'No ComfyUI runs.');
      return found ? EXIT.done : EXIT.failed;
    });
}
