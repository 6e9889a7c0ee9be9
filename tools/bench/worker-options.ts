/** Options of `npm run bench -- worker`. */
import { InvalidArgumentError, Option } from 'commander';
import { httpUrl, positiveNumber, wholeNumber, type CommandLine } from '../../common/command-line.ts';

/**
 * Kinds of scans. `jpeg-rgb` and `png`: 8 bits, in the colours of yellowed paper. `jpeg-grey`: 8 bits. `tiff16`: grey of 16 bits, not
 * compressed, as archives keep their masters.
 */
export const SCAN_KINDS = ['jpeg-rgb', 'jpeg-grey', 'png', 'tiff16'] as const;
export type ScanKind = (typeof SCAN_KINDS)[number];

export interface WorkerBenchOptions {
  comfyui?: string;
  json?: string;
  picture?: string;
  gpuMs: number;
  /** Sizes to measure. @default all */
  megapixels?: number[];
  /** Kinds of files whose cost is measured. @default all */
  kinds?: ScanKind[];
  /** What to measure: cost of a photo, or rate of the worker. @default both */
  only?: 'cost' | 'rate';
}

/** @throws InvalidArgumentError, by the parser of the entries too */
const listOf =
  <T>(entry: (text: string) => T) =>
  (text: string): T[] =>
    text.split(',').map((one) => entry(one.trim()));

const scanKind = (text: string): ScanKind => {
  const kind = SCAN_KINDS.find((one) => one === text);
  if (kind) return kind;
  throw new InvalidArgumentError(`'${text}' is none of ${SCAN_KINDS.join(', ')}.`);
};

export const defineWorker = (program: CommandLine): CommandLine =>
  program
    .command('worker')
    .description(
      'What a photo costs the worker beside its codec alone, and whether the GPU waits for the worker.',
    )
    .addOption(new Option('--only <part>', 'one of the two').choices(['cost', 'rate']))
    .addOption(
      new Option('--megapixels <list>', 'sizes, for example 3,12').argParser(listOf(positiveNumber(100))),
    )
    .addOption(new Option('--kinds <list>', `of ${SCAN_KINDS.join(', ')}`).argParser(listOf(scanKind)))
    .addOption(
      new Option('--comfyui <url>', 'URL of a ComfyUI with DDColor instead of the stand-in').argParser(
        httpUrl,
      ),
    )
    .option('--json <file>', 'write the figures')
    .option('--picture <file>', 'draw a timeline as SVG')
    .addOption(
      new Option('--gpu-ms <n>', 'GPU time of the stand-in per photo')
        .default(150)
        .argParser(wholeNumber(0, 60_000)),
    );
