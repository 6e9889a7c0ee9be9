/** `ddcolor-elastic simulate`: the simulator's commands. */
import { resolve } from 'node:path';
import { Option } from 'commander';
import { CommandLine, wholeNumber } from '../common/command-line.ts';
import { EXIT } from '../common/errors.ts';
import { printText } from '../common/terminal.ts';
import { compare } from './commands/compare.ts';
import { estimates } from './commands/estimates.ts';
import { fit } from './commands/fit.ts';
import { run } from './commands/run.ts';
import { tune } from './commands/tune.ts';
import { policiesAndWorld } from './help.ts';
import { json, optionsOf, withRunOptions, type Options, type Values } from './options.ts';
import { Progress } from './progress.ts';

type Body = (options: Options, progress: Progress) => Promise<void>;

/** Runs a command with a progress line, which is cleared whatever happens. */
async function withProgress<T>(body: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = new Progress(process.stderr);
  try {
    return await body(progress);
  } finally {
    progress.clear();
  }
}

const simulated = (body: Body) => async (values: Values) => {
  await withProgress((progress) => body(optionsOf(values), progress));
  return EXIT.done;
};

const seeds = (usual: number) =>
  new Option('--seeds <n>', 'how many seeds').default(usual).argParser(wholeNumber(1, 1000));

/** @param args what follows `simulate`: without the name of a command it is `run` */
export function define(command: CommandLine, args: string[]): void {
  const isDefault = args[0] === undefined || args[0].startsWith('-');
  command
    .description(
      "Simulates scaling policies on recorded or synthetic traffic, in virtual time. The default command is 'run'.",
    )
    .usage('[command] [options]')
    .notes(
      `Example: ddcolor-elastic simulate compare --trace viral --report report.html

Every policy with its settings, and every setting of the world: ddcolor-elastic simulate policies`,
    );

  withRunOptions(command.command('run', { isDefault }))
    .description('One policy on one trace.')
    .option(
      '--dashboard <file>',
      "write the deployed dashboard's panels for this run, one HTML file; --report has them for every policy",
    )
    .notes('Example: ddcolor-elastic simulate run --trace trace.csv --world real --seeds 10')
    .runs(simulated(run));
  withRunOptions(command.command('compare'))
    .description('Every policy, at its defaults and tuned on the trace: cost against wait.')
    .notes('Example: ddcolor-elastic simulate compare --trace day --report report.html')
    .runs(simulated(compare));
  withRunOptions(command.command('tune'))
    .description('Settings of a policy for your own traffic, for several mean waits.')
    .notes('Example: ddcolor-elastic simulate tune --trace trace.csv --with service=0.25,boot=110')
    .runs(simulated(tune));
  withRunOptions(command.command('estimates'))
    .description(
      'Accuracy of the wait estimate, on the synthetic traces and each CSV of a folder, or on --trace.',
    )
    .argument('[folder]', 'with traces as CSV')
    .addOption(
      new Option(
        '--surges <n>',
        'as many made-up surges onto a fleet at zero, in place of traces; each counts alike',
      ).argParser(wholeNumber(1, 10_000)),
    )
    .notes('Example: ddcolor-elastic simulate estimates traces/')
    .runs(async (folder: string | undefined, values: Values) => {
      const options = optionsOf(values, folder === undefined ? [] : [folder]);
      await withProgress((progress) => estimates(options, progress));
      return EXIT.done;
    });
  command
    .command('policies')
    .description('Lists every policy with its settings, and every setting of the world.')
    .notes('Example: ddcolor-elastic simulate policies')
    .runs(async () => {
      printText(policiesAndWorld());
      return EXIT.done;
    });
  command
    .command('fit')
    .description('Service time, boot time and a trace from CloudWatch exports.')
    .argument('<files...>', 'CSV, or JSON of get-metric-data')
    .option('--out <file>', 'where the trace goes (default: trace.csv)')
    .addOption(json())
    .notes('Example: ddcolor-elastic simulate fit sent.csv deleted.csv in-flight.csv --out trace.csv')
    .runs(async (files: string[], values: Values) => {
      await fit(optionsOf(values, files));
      return EXIT.done;
    });
  command
    .command('figures')
    .description(
      'Updates the tables of docs/scaling-figures.md, for the synthetic traces and each CSV of a folder.',
    )
    .argument('[folder]', 'with traces as CSV')
    .option('--only <policies>', 'only the rows of these policies, separated by commas')
    .option('--traces <names>', 'only the tables of these traces, separated by commas')
    .option('--own', 'the table of the world of the worker, in the place of those of the world article')
    .notes('Example: ddcolor-elastic simulate figures traces/ --only slo,forecast')
    .runs(async (folder: string | undefined, values: { only?: string; traces?: string; own?: true }) => {
      const { figures, listOf, namesOf } = await import('./figures.ts');
      const traces = listOf(values.traces);
      const options = { names: namesOf(values.only), traces, isOwn: values.own ?? false };
      await withProgress((progress) => figures(folder, options, progress));
      return EXIT.done;
    });
  command
    .command('pictures')
    .description('Makes the pictures of docs/scaling.md and docs/simulator.md, from runs.')
    .notes('Example: ddcolor-elastic simulate pictures')
    .runs(async () => {
      const { pictures } = await import('./pictures/main.ts');
      await withProgress(pictures);
      return EXIT.done;
    });
  command
    .command('trial')
    .description(
      'The deployed policy in the real world over many seeds, against a clean world with the same means.',
    )
    .argument('<traces>', 'a CSV file, or a folder with some')
    .addOption(seeds(200))
    .notes(
      'Example: ddcolor-elastic simulate trial traces/ --seeds 20\n\nExit codes: 0; 1 a wait is above 1.5 times the clean one; 2 wrong command line.',
    )
    .runs(async (traces: string, options: { seeds: number }) => {
      const { trials } = await import('./trial.ts');
      const good = await withProgress((progress) => trials(resolve(traces), options.seeds, progress));
      return good ? EXIT.done : EXIT.failed;
    });
  command
    .command('season')
    .description('Whether a forecast is worth it: trained in the first week, measured in the second.')
    .argument('[trace]', 'of two weeks', 'season')
    .addOption(seeds(3))
    .option('--python <python>', 'an interpreter with PyTorch, for the LSTM')
    .notes('Example: ddcolor-elastic simulate season --seeds 1')
    .runs(async (trace: string, { seeds, python }: { seeds: number; python?: string }) => {
      const { season } = await import('./season.ts');
      await withProgress((progress) => season(trace, seeds, python, progress));
      return EXIT.done;
    });
}

/** The commands alone. */
export function main(args: string[]): Promise<number> {
  const program = new CommandLine('simulate');
  define(program, args);
  return program.run(args);
}
