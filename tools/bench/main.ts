/** `npm run bench -- [NAME]`: measures one part; without a name the simulator, the scaler and the worker. */
import { Option } from 'commander';
import { CommandLine, httpUrl, positiveNumber, wholeNumber } from '../../common/command-line.ts';
import type { AdoptOptions } from './adopt.ts';
import type { BesideNetworkOptions } from './beside-network.ts';
import type { BootStormOptions } from './boot-storm.ts';
import type { ForwardOptions } from './forward.ts';
import type { GatewayOptions } from './gateway.ts';
import type { HostileOptions } from './hostile.ts';
import { defineWorker, type WorkerBenchOptions } from './worker-options.ts';

const DEFAULT = ['sim', 'scaler', 'worker'];
const PATHS_COMFYUI = 'URL of a ComfyUI with DDColor';

export function define(program: CommandLine): CommandLine {
  program.description(
    `Measures one part of the product. Without a command: ${DEFAULT.join(', ')}, until one fails.`,
  );
  program
    .command('sim')
    .description('Jobs per second and memory of the simulator.')
    .runs(async () => (await import('./simulator.ts')).bench());
  program
    .command('scaler')
    .description("The scaler's cold and warm start, its ticks at any size of group, its bundle and its bill.")
    .runs(async () => (await import('./scaler.ts')).bench());
  defineWorker(program).runs(async (options: WorkerBenchOptions) =>
    (await import('./worker.ts')).bench(options),
  );
  program
    .command('paths')
    .description('How far the results of the chroma path and the plain path are apart.')
    .addOption(new Option('--comfyui <url>', PATHS_COMFYUI).argParser(httpUrl).makeOptionMandatory())
    .option('--photos <dir>', 'your own photos')
    .runs(async (options: { comfyui: string; photos?: string }) =>
      (await import('./paths.ts')).bench(options),
    );
  program
    .command('adopt')
    .description(
      'Puts measured figures into contract/photo-costs.ts, and writes the tables that follow from them.',
    )
    .option('--worker <file>', 'figures of `bench -- worker --json`')
    .option('--comfyui <file>', 'figures of `bench -- comfyui --json`')
    .requiredOption('--machine <text>', 'where they were measured')
    .option('--date <date>', 'when', new Date().toISOString().slice(0, 10))
    .runs(async (options: AdoptOptions) => (await import('./adopt.ts')).adopt(options));
  program
    .command('gateway')
    .description('Many clients at once through the deployed gateway of the local stack, its fleet at 0.')
    .addOption(new Option('--clients <n>', 'how many').default(200).argParser(wholeNumber(1, 1000)))
    .addOption(
      new Option('--seconds <n>', 'time of the stand-in per photo')
        .default(0.2)
        .argParser(positiveNumber(60)),
    )
    .option('--json <file>', 'write the figures')
    .runs(async (options: GatewayOptions) => (await import('./gateway.ts')).bench(options));
  program
    .command('boot-storm')
    .description(
      'Many workers boot at once: calls of each API of the local AWS, which refuses those beyond a rate.',
    )
    .addOption(new Option('--workers <n>', 'how many').default(1000).argParser(wholeNumber(1, 10_000)))
    .addOption(
      new Option('--spread <n>', 'seconds over which they start').default(10).argParser(wholeNumber(0, 600)),
    )
    .addOption(
      new Option('--ssm <n>', 'calls of GetParameter a second').default(40).argParser(wholeNumber(1, 10_000)),
    )
    .addOption(
      new Option('--hooks <n>', 'calls of CompleteLifecycleAction a second; AWS publishes no rate')
        .default(10)
        .argParser(wholeNumber(1, 10_000)),
    )
    .addOption(new Option('--photos <n>', 'for each worker').default(2).argParser(wholeNumber(1, 100)))
    .option('--json <file>', 'write the figures')
    .runs(async (options: BootStormOptions) => (await import('./boot-storm.ts')).bench(options));
  program
    .command('hostile')
    .description(
      'Hostile files at the open gateway of the local stack: whether strangers beside them wait longer.',
    )
    .addOption(
      new Option('--pairs <n>', 'rounds without and with them').default(3).argParser(wholeNumber(1, 20)),
    )
    .addOption(
      new Option('--strangers <n>', 'photos of others per round').default(20).argParser(wholeNumber(1, 200)),
    )
    .option('--json <file>', 'write the figures')
    .runs(async (options: HostileOptions) => (await import('./hostile.ts')).bench(options));
  program
    .command('edge')
    .description('What merging on the device saves, and what it costs, in a browser.')
    .option('--photos <dir>', 'your own photos')
    .runs(async ({ photos }: { photos?: string }) => (await import('./edge.ts')).bench(photos));
  program
    .command('merge')
    .description('The merge in a browser, by WebAssembly with SIMD and by the reference.')
    .runs(async () => (await import('./merge.ts')).bench());
  program
    .command('comfyui')
    .description('What a photo costs a real ComfyUI beside the network, alone and in batches.')
    .option('--comfyui <dir>', 'a checkout of ComfyUI instead of a download')
    .option('--ddcolor <dir>', 'a checkout of piddnad/DDColor instead of a download')
    .addOption(new Option('--photos <n>', 'per round').default(64).argParser(wholeNumber(8, 1000)))
    .addOption(new Option('--rounds <n>', 'of each way, in turn').default(5).argParser(wholeNumber(1, 50)))
    .option('--compare', 'fail where a ratio is a tenth above the checked-in one')
    .option('--json <file>', 'write the figures')
    .runs(async (options: BesideNetworkOptions) => (await import('./beside-network.ts')).bench(options));
  program
    .command('forward')
    .description("DDColor's network by precision and batch on the device at hand, with random weights.")
    .requiredOption('--ddcolor <dir>', 'a checkout of piddnad/DDColor')
    .addOption(new Option('--device <device>', 'the GPU if there is one').choices(['cuda', 'cpu']))
    .option('--sizes <list>', 'of tiny and large', 'tiny,large')
    .option('--batches <list>', 'photos per pass', '1,4,8,16')
    .option(
      '--parts <list>',
      'of device, forward, precision, overflow, traffic, compile, transfer and boot',
      'forward,precision,overflow',
    )
    .addOption(
      new Option('--side <n>', 'pixels of a photo; fewer than 512 are faster on a CPU')
        .default(512)
        .argParser(wholeNumber(64, 1024)),
    )
    .addOption(
      new Option('--count <n>', 'photos; by default 8, or the largest batch').argParser(wholeNumber(1, 64)),
    )
    .option('--photos <dir>', 'your own photos instead of made-up ones')
    .option('--python <file>', "a Python with PyTorch instead of that of 'comfyui setup'")
    .option('--json <file>', 'write the figures')
    .runs(async (options: ForwardOptions) => (await import('./forward.ts')).bench(options));
  return program;
}

export async function main(args: string[]): Promise<number> {
  for (const one of args.length === 0 ? DEFAULT.map((name) => [name]) : [args]) {
    const code = await define(new CommandLine('npm run bench --')).run(one);
    if (code !== 0) return code;
  }
  return 0;
}
