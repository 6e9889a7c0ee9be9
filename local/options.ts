/** The options of `npm start`. */
import { InvalidArgumentError, Option } from 'commander';
import { httpUrl, wholeNumber, type CommandLine } from '../common/command-line.ts';

export const DEFAULT_PORT = 8321;
const MAX_COUNT = 5000;
/** Value of `--comfyui` that selects the ComfyUI of `npm run comfyui`. */
export const LOCAL = 'local';

export interface StartOptions {
  photos?: string;
  count: number;
  /** Sample photos in the bulk lane. @default 0 */
  bulk?: number;
  /** A URL, or `local`. */
  comfyui?: string;
  keep?: boolean;
  /** 0 takes any free port; undefined the default or, when that is taken, the next free one. */
  port?: number;
  json?: string;
}

export const define = (command: CommandLine): CommandLine =>
  command
    .description(
      'Runs the whole stack on this machine, without an account: deploys it to a local AWS, colours photos with a fleet of local workers, and shows a live page.',
    )
    .addOption(
      new Option(
        '--photos <dir>',
        'colour your own JPEG, PNG, WebP, TIFF and AVIF files; results go to .local/results/',
      ).conflicts('count'),
    )
    .addOption(
      new Option('--count <n>', 'number of sample photos; of four or more, two are broken on purpose')
        .default(60)
        .argParser(wholeNumber(1, MAX_COUNT)),
    )
    .addOption(
      new Option('--bulk <n>', 'of the sample photos in the bulk lane')
        .default(0)
        .argParser(wholeNumber(0, MAX_COUNT))
        .conflicts('photos'),
    )
    .addOption(
      new Option(
        '--comfyui <url>',
        "use this ComfyUI instead of the stand-in; 'local' is the one that 'npm run comfyui -- setup' installs",
      ).argParser(comfyui),
    )
    .option('--keep', 'keep everything running until Ctrl-C')
    .addOption(
      new Option(
        '--port <port>',
        `port of the page (default: ${DEFAULT_PORT}, or the next free one)`,
      ).argParser(wholeNumber(0, 65_535)),
    )
    .option('--json <file>', 'write the summary as JSON')
    .notes('Example: npm start -- --photos album --keep');

function comfyui(text: string): string {
  if (text === LOCAL) return text;
  try {
    return httpUrl(text);
  } catch {
    throw new InvalidArgumentError("Expected a URL such as http://127.0.0.1:8188, or 'local'.");
  }
}
