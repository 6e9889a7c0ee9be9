/** The commands that pages tell people to run, and what there is to run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { commandLine } from '../../cli/commands.ts';
import { CommandLine } from '../../common/command-line.ts';
import { define as defineStart } from '../../local/options.ts';
import { define as defineBench } from '../../tools/bench/main.ts';
import { define as defineChaos } from '../../tools/chaos/main.ts';
import { define as defineReview } from '../../tools/pipeline/review.ts';
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

/** Command lines of the npm scripts that have one. */
const SCRIPTS: Record<string, Command> = {
  bench: defineBench(new CommandLine()),
  start: defineStart(new CommandLine()),
  chaos: defineChaos(new CommandLine()),
  review: defineReview(new CommandLine()),
};

/** Options of the CDK's own CLI, and the one that ours adds. */
const CDK_OPTIONS = ['--stage', '--require-approval', '--output', '--all', '-c', '-q'];

const optionsIn = (words: string[]) =>
  words
    .filter((word) => /^--?[a-z]/.test(word) && !/^(--help|-h|--version)$/.test(word))
    .map((word) => word.replace(/=.*$/, ''));

/** Options that a command, or one that it is part of, does not have. */
function unknownOptions(words: string[], command: Command): string[] {
  const known = [command, command.parent].flatMap((one) => one?.options ?? []);
  return optionsIn(words).filter((word) => !known.some(({ short, long }) => word === short || word === long));
}

const list = (words: string[], name: string) =>
  words.length > 0 ? `${name} has no ${words.join(' ')}` : undefined;

/** What is wrong with a command; undefined when it can be run as it stands. */
export async function fault(words: string[]): Promise<string | undefined> {
  const [tool, ...rest] = words;
  if (tool === 'npx') {
    const at = rest.indexOf('ddcolor-elastic');
    return at < 0 ? undefined : cliFault(rest.slice(at + 1).filter((word) => word !== 'help'));
  }
  const [verb = '', ...more] = rest;
  const script = verb === 'run' ? (more[0] ?? '') : verb;
  if (verb !== 'run' && !['start', 'test'].includes(verb)) return undefined;
  if (!(script in scripts)) return `package.json has no script '${script}'`;
  if (!rest.includes('--')) return undefined;
  const args = rest.slice(rest.indexOf('--') + 1);
  // Short for the command of that name.
  if (['simulate', 'comfyui'].includes(script)) return cliFault([script, ...args]);
  if (['synth', 'diff', 'deploy', 'destroy'].includes(script)) {
    return list(
      optionsIn(args).filter((option) => !CDK_OPTIONS.includes(option)),
      'the CDK',
    );
  }
  const command = SCRIPTS[script];
  return command && programFault(command, args, `npm run ${script}`);
}

const cliFault = async (words: string[]): Promise<string | undefined> =>
  programFault(await commandLine(words), words, 'ddcolor-elastic');

function programFault(program: Command, words: string[], name: string): string | undefined {
  let command = program;
  const rest = [...words];
  while (command.commands.length > 0 && rest[0] !== undefined && !rest[0].startsWith('-')) {
    const word = rest.shift() as string;
    // A placeholder.
    if (/^[A-Z]+$/.test(word)) return undefined;
    const found = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (!found) return `${name} has no command '${word}'`;
    command = found;
    name += ` ${word}`;
  }
  // Options of `simulate` alone are those of its default command.
  const run = command.name() === 'simulate' && command.commands.find((one) => one.name() === 'run');
  return list(unknownOptions(rest, run || command), name);
}
