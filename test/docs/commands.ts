/** Parses the commands that pages show, with the parsers that will run them, and runs none. */
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

/** A command of a page, in words. */
export interface Shown {
  words: string[];
  /** In a code block, to be copied as it is; in a sentence it may lack options that are required. */
  complete: boolean;
}

/** The commands of npm and npx in a text, without comments and without what a shell connects them with. */
export function commandsOf(text: string): Shown[] {
  const blocks = codeBlocks(text).filter(({ language }) => ['sh', 'bash', 'console'].includes(language));
  const spans = [...prose(text).matchAll(/`((?:npm|npx) [^`]+)`/g)].map(([, code = '']) => code);
  const inCode = (code: string, complete: boolean) =>
    code
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.replace(/^\s*\$ /, '').replace(/(^|\s)#.*$/, ''))
      .flatMap((line) => line.split(/&&|[|;()]/))
      .map((command) => command.trim().split(/\s+/))
      .filter(([first]) => first === 'npm' || first === 'npx')
      .map((words) => ({ words, complete }));
  return [
    ...blocks.flatMap(({ code }) => inCode(code, true)),
    ...spans.flatMap((code) => inCode(code, false)),
  ];
}

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Command lines of npm scripts. */
const SCRIPTS: Record<string, (command: CommandLine) => CommandLine> = {
  bench: defineBench,
  start: defineStart,
  chaos: defineChaos,
  review: defineReview,
};

/** Options of the CDK's own command line, and the one that ours adds. */
const CDK_OPTIONS = ['--stage', '--require-approval', '--output', '--all', '-c', '-q'];

/** Values for placeholders whose option takes no text. */
const SAMPLES: Record<string, string> = { N: '1', SEED: '1', SECONDS: '1', '"$API"': 'https://example.com' };

/** @returns what is wrong with a command; undefined when it can be run as it is shown */
export async function fault({ words, complete }: Shown): Promise<string | undefined> {
  const [tool, ...rest] = words;
  if (tool === 'npx') {
    const at = rest.indexOf('ddcolor-elastic');
    return at < 0 ? undefined : cliFault(rest.slice(at + 1), complete);
  }
  const [verb = '', ...more] = rest;
  const script = verb === 'run' ? (more[0] ?? '') : verb;
  if (verb !== 'run' && !['start', 'test'].includes(verb)) return undefined;
  if (!(script in scripts)) return `package.json has no script '${script}'`;
  if (!rest.includes('--')) return undefined;
  const args = rest.slice(rest.indexOf('--') + 1);
  if (['simulate', 'comfyui'].includes(script)) return cliFault([script, ...args], complete);
  if (['synth', 'diff', 'deploy', 'destroy'].includes(script)) {
    const unknown = args.filter((word) => /^--?[a-z]/.test(word) && !CDK_OPTIONS.includes(word));
    return unknown.length > 0 ? `the CDK has no ${unknown.join(' ')}` : undefined;
  }
  const define = SCRIPTS[script];
  return define && parseFault(define(new CommandLine(`npm run ${script} --`)), args, complete);
}

const cliFault = async (args: string[], complete: boolean): Promise<string | undefined> =>
  parseFault(await commandLine(args), args, complete);

/** Errors of a sentence that names a command without all that it needs. */
const INCOMPLETE = /missing required argument|required option|^Usage:|--stage/;

async function parseFault(
  program: CommandLine,
  args: string[],
  complete: boolean,
): Promise<string | undefined> {
  let errors = '';
  const idle = (command: Command) => {
    command.configureOutput({ writeOut: () => undefined, writeErr: (text) => (errors += text) });
    command.commands.forEach(idle);
    if (command.commands.length === 0) command.action(() => undefined);
  };
  idle(program);
  const values = args.filter((word) => word !== '…').map((word) => SAMPLES[word] ?? word);
  if (values.some((word) => /^COMMAND$/.test(word))) return undefined;
  await program.run(values);
  const [first = ''] = errors.split('\n');
  if (first === '' || (!complete && INCOMPLETE.test(first))) return undefined;
  return first;
}
