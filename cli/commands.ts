/** `ddcolor-elastic`: a table of commands. Each is loaded when it is called, so that help is quick. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, UsageError } from '../common/errors.ts';

interface Command {
  HELP: string;
  /** @returns the exit code. @throws UsageError */
  main(args: string[]): Promise<number>;
}

const COMMANDS: Record<string, { summary: string; load: () => Promise<Command> }> = {
  colour: {
    summary: 'send photos to a service, and fetch them in colour',
    load: () => import('./colour/main.ts'),
  },
  status: {
    summary: 'how a stage is: queue, fleet, decisions, spending, alarms',
    load: () => import('./status/main.ts'),
  },
  watch: { summary: 'the same again and again', load: () => import('./watch/main.ts') },
  explain: {
    summary: 'why the fleet is the size it is, in words',
    load: () => import('./explain/main.ts'),
  },
  pause: {
    summary: 'keep the fleet from growing or shrinking, for a while',
    load: () => import('./pause/pause.ts'),
  },
  resume: { summary: 'take that back', load: () => import('./pause/resume.ts') },
  redrive: {
    summary: 'send photos that were given up back to the queue',
    load: () => import('./redrive/main.ts'),
  },
  smoke: {
    summary: 'put a photo through a deployed stage, and look at what comes',
    load: () => import('./smoke/main.ts'),
  },
  quota: {
    summary: "whether the account's GPU quotas allow the maximum",
    load: () => import('./quota/main.ts'),
  },
  cost: {
    summary: 'what a stage costs, at rest and at work',
    load: () => import('./cost/main.ts'),
  },
  'deploy-role': {
    summary: 'make the roles under which GitHub deploys a stage',
    load: () => import('./deploy-role/main.ts'),
  },
  image: {
    summary: 'bake, promote, roll back, list and check images',
    load: () => import('./image/main.ts'),
  },
  simulate: {
    summary: 'compare scaling policies on recorded or synthetic traffic',
    load: () => import('../sim/main.ts'),
  },
  comfyui: { summary: 'a ComfyUI on this machine', load: () => import('./comfyui/main.ts') },
};

/** Other spellings. */
const ALIASES: Record<string, string> = { color: 'colour' };

const HELP = `ddcolor-elastic COMMAND [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(15)} ${summary}`)
  .join('\n')}
  help COMMAND    what a command takes

  --version       version of this checkout
  --help          this text`;

const version = (): string => {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

function find(name: string) {
  const command = COMMANDS[ALIASES[name] ?? name];
  if (command) return command;
  const known = [...Object.keys(COMMANDS), 'help'].join(', ');
  throw new UsageError(`'${name}' is not a command: ${known} (ddcolor-elastic --help says more).`);
}

async function dispatch([name, ...args]: string[]): Promise<number> {
  const topic = name === 'help' ? args[0] : undefined;
  if (name === '--version' || name === '-v') console.log(version());
  else if (topic !== undefined) console.log((await find(topic).load()).HELP);
  else if (name === undefined || name === 'help' || name === '--help' || name === '-h') console.log(HELP);
  else return (await find(name).load()).main(args);
  // Without a command nothing was done, and a script should notice.
  return name === undefined ? EXIT.usage : EXIT.done;
}

/** Whoever reads may stop: `ddcolor-elastic … | head`. */
function onBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
}

export async function main(args: string[]): Promise<number> {
  process.stdout.removeListener('error', onBrokenPipe).on('error', onBrokenPipe);
  try {
    return await dispatch(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return EXIT.usage;
  }
}
