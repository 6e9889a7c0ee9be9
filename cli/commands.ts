/** `ddcolor-elastic`: the table of commands. The code of a command is loaded when it is called, so that help is fast. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandLine } from '../common/command-line.ts';
import { EXIT } from '../common/errors.ts';

type Define = (command: CommandLine, args: string[]) => unknown;

interface Entry {
  group: string;
  summary: string;
  alias?: string;
  load: () => Promise<Define>;
}

const PHOTOS = 'Photos:';
const OPERATE = 'Operate:';

export const COMMANDS: Record<string, Entry> = {
  colour: {
    group: PHOTOS,
    summary: 'send photos to a service and download them in colour',
    alias: 'color',
    load: async () => (await import('./colour/main.ts')).define,
  },
  delete: {
    group: PHOTOS,
    summary: 'cancel or delete photos of the HTTP API, or all of a caller',
    load: async () => (await import('./delete/main.ts')).define,
  },
  status: {
    group: OPERATE,
    summary: 'queue, fleet, decisions, spending and alarms of a stage',
    load: async () => (await import('./status/main.ts')).define,
  },
  watch: {
    group: OPERATE,
    summary: 'the status, repeated',
    load: async () => (await import('./watch/main.ts')).define,
  },
  explain: {
    group: OPERATE,
    summary: 'why the fleet has its size',
    load: async () => (await import('./explain/main.ts')).define,
  },
  logs: {
    group: OPERATE,
    summary: "log lines of a stage, or a photo's way through them",
    load: async () => (await import('./logs/main.ts')).define,
  },
  pause: {
    group: OPERATE,
    summary: 'keep the fleet from growing or shrinking',
    load: async () => (await import('./pause/main.ts')).definePause,
  },
  resume: {
    group: OPERATE,
    summary: 'remove a pause',
    load: async () => (await import('./pause/main.ts')).defineResume,
  },
  redrive: {
    group: OPERATE,
    summary: 'move dead letters back to the job queue',
    load: async () => (await import('./redrive/main.ts')).define,
  },
  webhook: {
    group: OPERATE,
    summary: 'send deliveries of webhooks again that were given up',
    load: async () => (await import('./webhook/main.ts')).define,
  },
  smoke: {
    group: OPERATE,
    summary: 'send one photo through a deployed stage and check its result',
    load: async () => (await import('./smoke/main.ts')).define,
  },
  quota: {
    group: OPERATE,
    summary: "compare the account's GPU quotas with a stage's maximum",
    load: async () => (await import('./quota/main.ts')).define,
  },
  cost: {
    group: OPERATE,
    summary: 'what a stage costs, idle and at work',
    load: async () => (await import('./cost/main.ts')).define,
  },
  usage: {
    group: OPERATE,
    summary: 'photos, seconds and USD by caller of the HTTP API',
    load: async () => (await import('./usage/main.ts')).define,
  },
  'deploy-role': {
    group: OPERATE,
    summary: 'make the roles under which GitHub deploys a stage',
    load: async () => (await import('./deploy-role/main.ts')).define,
  },
  image: {
    group: OPERATE,
    summary: 'bake, promote, roll back, list and check images',
    load: async () => (await import('./image/main.ts')).define,
  },
  workflow: {
    group: OPERATE,
    summary: 'make a workflow of a ComfyUI graph, or check one',
    load: async () => (await import('./workflow/main.ts')).define,
  },
  simulate: {
    group: 'Without an account:',
    summary: 'compare scaling policies on recorded or synthetic traffic',
    load: async () => (await import('../sim/main.ts')).define,
  },
  'watch-folder': {
    group: 'Without an account:',
    summary: 'colour what is put into a folder, with a ComfyUI on this machine',
    load: async () => (await import('./watch-folder/main.ts')).define,
  },
  comfyui: {
    group: 'Without an account:',
    summary: 'set up, start and stop a ComfyUI on this machine',
    load: async () => (await import('./comfyui/main.ts')).define,
  },
};

const version = (): string => {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

/** @param args of the command that will be run: only its own code is loaded */
export async function commandLine(args: string[]): Promise<CommandLine> {
  const program = new CommandLine('ddcolor-elastic');
  program.usage('<command> [options] | help <command> | --version');
  program.enablePositionalOptions().version(version(), '-v, --version');
  const wanted = args.find((word) => !word.startsWith('-'));
  for (const [name, { group, summary, alias, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary).helpGroup(group);
    if (alias !== undefined) command.alias(alias);
    if (wanted !== undefined && (wanted === name || wanted === alias)) {
      (await load())(command, args.slice(args.indexOf(wanted) + 1));
    }
  }
  // After the commands, which would inherit it: groups without blank lines, so that all of it fits one screen.
  return program.configureHelp({
    visibleOptions: () => [],
    subcommandTerm: (command) => command.name(),
    formatItemList: (heading, items) => (items.length > 0 ? [heading, ...items] : []),
  });
}

/** A reader may stop early: `ddcolor-elastic … | head`. */
function onBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
}

/** `help COMMAND...` as `COMMAND... --help`; an unknown command stays alone, so that it is refused. */
function helpOf(topic: string | undefined, rest: string[]): string[] {
  if (topic === undefined) return ['--help'];
  const known = Object.entries(COMMANDS).some(([name, { alias }]) => topic === name || topic === alias);
  return known ? [topic, ...rest, '--help'] : [topic];
}

export { printBug } from '../common/terminal.ts';

/** @returns the exit code */
export async function main(args: string[]): Promise<number> {
  process.stdout.removeListener('error', onBrokenPipe).on('error', onBrokenPipe);
  const [first, topic, ...rest] = args;
  const asked = first === 'help' ? helpOf(topic, rest) : args;
  return (await commandLine(asked)).run(asked);
}
