/** The commands that pages tell people to run, and what there is to run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main as cli } from '../../cli/commands.ts';
import { HELP as CHAOS } from '../../tools/chaos/main.ts';
import { HELP as START } from '../../local/options.ts';
import { HELP as REVIEW } from '../../tools/pipeline/review.ts';
import { codeBlocks, prose, ROOT } from './pages.ts';

/** A command line without comments, in words; those of a shell between it and the next one are left out. */
export function commandsOf(text: string): string[][] {
  const blocks = codeBlocks(text).filter(({ language }) => ['sh', 'bash', 'console'].includes(language));
  const spans = [...prose(text).matchAll(/`((?:npm|npx) [^`]+)`/g)].map(([, code = '']) => code);
  return [...blocks.map(({ code }) => code), ...spans]
    .flatMap((code) => code.replaceAll(/\\\n\s*/g, ' ').split('\n'))
    .map((line) => line.replace(/^\$ /, '').replace(/(^|\s)#.*$/, ''))
    .flatMap((line) => line.split(/&&|\||;/))
    .map((command) => command.trim().split(/\s+/))
    .filter(([first]) => first === 'npm' || first === 'npx');
}

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** What the help of a script says, for those that have one. */
const HELPS: Record<string, string> = {
  start: START,
  chaos: CHAOS,
  review: REVIEW,
};

/** Options of the CDK's own CLI, and the one that ours adds. */
const CDK_OPTIONS = new Set(['--stage', '--require-approval', '--output', '--all', '-c', '-q']);

/** The words of help of a command of the CLI; undefined when there is none of that name. */
async function cliHelp(name: string): Promise<string | undefined> {
  const said: string[] = [];
  const { log, error } = console;
  Object.assign(console, { log: (text: string) => said.push(text), error: () => undefined });
  try {
    return (await cli(['help', name])) === 0 ? said.join('\n') : undefined;
  } finally {
    Object.assign(console, { log, error });
  }
}

const options = (words: string[]) =>
  words.filter((word) => /^--?[a-z]/.test(word) && word !== '--help').map((word) => word.replace(/=.*$/, ''));
const missing = (words: string[], help: string) =>
  options(words).filter((option) => !new RegExp(`(^|[\\s,[|(])${option}(?![\\w-])`, 'm').test(help));

/** What is wrong with a command; undefined when it can be run as it stands. */
export async function fault(words: string[]): Promise<string | undefined> {
  const [tool, ...rest] = words;
  if (tool === 'npx') return npxFault(rest);
  const [verb = '', ...more] = rest;
  const script = verb === 'run' ? (more[0] ?? '') : verb;
  if (verb !== 'run' && !['start', 'test'].includes(verb)) return undefined;
  if (!(script in scripts)) return `package.json has no script '${script}'`;
  const args = rest.slice(rest.indexOf('--') + 1);
  if (!rest.includes('--')) return undefined;
  // Short for the command of that name.
  if (['simulate', 'comfyui'].includes(script)) return cliFault(script, args);
  if (['synth', 'diff', 'deploy', 'destroy'].includes(script)) {
    const odd = options(args).filter((option) => !CDK_OPTIONS.has(option));
    return odd.length > 0 ? `unknown to the CDK here: ${odd.join(' ')}` : undefined;
  }
  const help = HELPS[script];
  const unknown = help === undefined ? [] : missing(args, help);
  return unknown.length > 0 ? `npm run ${script} has no ${unknown.join(' ')}` : undefined;
}

async function npxFault(words: string[]): Promise<string | undefined> {
  const at = words.indexOf('ddcolor-elastic');
  if (at < 0) return undefined;
  const [name = '--help', ...args] = words.slice(at + 1);
  if (name === 'help') return args[0] === undefined ? undefined : cliFault(args[0], []);
  return name.startsWith('-') ? undefined : cliFault(name, args);
}

async function cliFault(name: string, args: string[]): Promise<string | undefined> {
  const help = await cliHelp(name);
  if (help === undefined) return `ddcolor-elastic has no command '${name}'`;
  const unknown = missing(args, help);
  return unknown.length > 0 ? `ddcolor-elastic ${name} has no ${unknown.join(' ')}` : undefined;
}
