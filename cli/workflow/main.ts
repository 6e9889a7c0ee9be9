/** `ddcolor-elastic workflow`: makes workflows of ComfyUI's graphs, and checks them. */
import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { Option } from 'commander';
import { checkout } from '../../common/checkout.ts';
import { matching, positiveNumber, type CommandLine } from '../../common/command-line.ts';
import { UsageError } from '../../common/errors.ts';
import { printLine } from '../../common/terminal.ts';
import { askOnTerminal, isTerminal } from '../shared/ask.ts';
import { add, type AddOptions } from './add.ts';
import { check } from './check.ts';
import type { Ask } from './choose.ts';
import { referenceOf, shippedImage, type Checked } from './nodes/reference.ts';

type AddFlags = Omit<AddOptions, 'name' | 'options' | 'folder'> & {
  name?: string;
  option: string[];
  to?: string;
  objectInfo?: string;
};

const MAX_NAME = 40;
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
const NAME_TEXT = 'up to 40 lowercase letters, digits and hyphens';
/** Of a result: its photos would be of no use. */
const MAX_SCALE = 16;

const EXIT_CODES = 'Exit codes: 0; 1 the graph was refused; 2 wrong command line.';

export function define(command: CommandLine): void {
  command.description(
    'Makes a workflow of a graph of ComfyUI, and checks workflows against the image. Runs nothing, and needs no account.',
  );
  const infoOption = () =>
    new Option(
      '--object-info <file|url>',
      'check against this ComfyUI, or what GET /object_info of it returned',
    );
  command
    .command('add')
    .description(
      "Finds where the photo goes in and which node saves the result, checks nodes and model files against the shipped image, and writes the workflow's file.",
    )
    .argument('<graph>', "JSON of 'Export (API)' or of 'Save', or a PNG that ComfyUI has saved")
    .addOption(new Option('--name <name>', "default: the file's").argParser(matching(NAME, NAME_TEXT)))
    .option('--input <node.field>', "where the photo's file name goes, where several nodes load pictures")
    .option('--output <node>', 'the node that saves the result, where several do')
    .addOption(
      new Option('--colour <what>', 'what the graph sees (default: rgb, grey for DDColor)').choices([
        'grey',
        'rgb',
      ]),
    )
    .option('--coloured', 'a result without colour is a failure (default: for DDColor)')
    .option('--no-coloured', 'it is none')
    .addOption(
      new Option(
        '--scale <factor>',
        "size of the result, the photo's being 1 (default: what the nodes say)",
      ).argParser(positiveNumber(MAX_SCALE)),
    )
    .option('--fit', "scale the result to the photo's size, for graphs that change it")
    .addOption(
      new Option('--option <name=node.field[:min..max]>', 'what a photo may choose; can be repeated')
        .argParser((text: string, before: string[]) => [...before, text])
        .default([], 'none'),
    )
    .addOption(infoOption())
    .option('--to <folder>', 'of the file (default: ami/workflow of this checkout)')
    .option('--force', 'replace a file of that name')
    .option('--dry-run', 'write nothing')
    .option('--json', 'as JSON')
    .notes(
      `Example: ddcolor-elastic workflow add upscale.json --option sharpen=3.alpha:0..1\n\n${EXIT_CODES}`,
    )
    .runs(async (graph: string, { name, to, objectInfo, option, ...flags }: AddFlags) => {
      const folder = to ?? (checkout === undefined ? '.' : join(checkout, 'ami', 'workflow'));
      const options = { ...flags, folder, name: name ?? nameOf(graph), options: option };
      const ask = isTerminal() && !flags.json ? askForOne : undefined;
      return add(graph, options, { ...(await references(objectInfo)), ask, print: printLine });
    });
  command
    .command('check')
    .description(
      'Checks a workflow against its schema, and its nodes and model files against the shipped image.',
    )
    .argument('<workflow>', 'a file, or the name of one of ami/workflow')
    .addOption(infoOption())
    .option('--json', 'as JSON')
    .notes(
      'Example: ddcolor-elastic workflow check upscale\n\nExit codes: 0; 1 a fault, or the image lacks something; 2 wrong command line.',
    )
    .runs(async (workflow: string, { objectInfo, json }: { objectInfo?: string; json?: boolean }) =>
      check(
        fileOf(workflow),
        { ...(json && { json }) },
        { ...(await references(objectInfo)), print: printLine },
      ),
    );
}

const references = async (
  from: string | undefined,
): Promise<{ image: Checked; other: Checked | undefined }> => ({
  image: shippedImage(),
  other: from === undefined ? undefined : await referenceOf(from),
});

/** @throws UsageError for a file whose name makes none */
function nameOf(file: string): string {
  const name = basename(file, extname(file))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_NAME)
    .replace(/^-|-$/g, '');
  if (NAME.test(name)) return name;
  throw new UsageError(`The file's name makes no name of a workflow (${NAME_TEXT}): add --name.`);
}

function fileOf(workflow: string): string {
  if (existsSync(workflow) || checkout === undefined || !NAME.test(workflow)) return workflow;
  return join(checkout, 'ami', 'workflow', `${workflow}.json`);
}

/** Until the answer is one of the numbers. */
const askForOne: NonNullable<Ask> = async (question, choices) => {
  printLine(question);
  choices.forEach((choice, k) => printLine(`  ${k + 1}. ${choice}`));
  for (;;) {
    const place = Number(await askOnTerminal(`1 to ${choices.length}: `));
    if (Number.isInteger(place) && place >= 1 && place <= choices.length) return place - 1;
  }
};
