/** `workflow add`: makes a workflow of a graph of ComfyUI. Reads and writes files; runs nothing. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { EXIT, UsageError, UserError } from '../../common/errors.ts';
import { jsonText } from '../../common/terminal.ts';
import type { Workflow } from '../../contract/workflow.ts';
import { chooseInput, chooseOutput, type Ask } from './choose.ts';
import { compose, type Composed, type Wishes } from './compose.ts';
import { converted, refuseFaults } from './conversion.ts';
import type { Conversion } from './editor/convert.ts';
import { linksOf } from './graph/graph.ts';
import { lacksOf } from './graph/lacks.ts';
import { portable, type Remark } from './graph/portable.ts';
import { jsonFile } from './json-text.ts';
import type { Definitions } from './nodes/definitions.ts';
import type { Checked } from './nodes/reference.ts';
import { labels, lackLines, nextLines, workflowLines, type Label } from './report.ts';
import { recognise } from './source/recognise.ts';

export interface AddOptions extends Wishes {
  /** NODE.FIELD */
  input?: string | undefined;
  output?: string | undefined;
  /** Of the workflow's file. */
  folder: string;
  force?: boolean | undefined;
  dryRun?: boolean | undefined;
  json?: boolean | undefined;
}

export interface AddPorts {
  /** That of the shipped image. */
  image: Checked;
  /** Named by `--object-info`. */
  other: Checked | undefined;
  ask: Ask;
  print: (line: string) => void;
}

/** @returns the exit code. @throws UserError when the graph is no workflow */
export async function add(file: string, options: AddOptions, ports: AddPorts): Promise<number> {
  const { image, other, print } = ports;
  const reference = other ?? image;
  const source = recognise(await readGraph(file));
  // What only one of them knows is known.
  const definitions: Definitions = new Map([...image.definitions, ...(other?.definitions ?? [])]);
  const read = converted(source, definitions);
  const { graph, remarks } = portable(read.graph, definitions);
  const made = { ...read, graph };
  const label = labels(made.graph, made.titles);
  const choosing = { graph: made.graph, definitions, label, ask: ports.ask };
  const output = await chooseOutput(choosing, options.output);
  const input = await chooseInput(choosing, output.node, options.input);
  refuseFaults(made, output.node, definitions, reference, label);
  const composed = compose(made.graph, input, output, options, definitions, label);
  const { workflow } = composed;
  const photo = `${input.node}.${input.field}`;
  const lacks = lacksOf(workflow.graph, photo, reference, image.definitions, made);
  const shipped = other ? lacksOf(workflow.graph, photo, image, image.definitions, made) : lacks;
  const path = join(options.folder, `${options.name}.json`);
  if (!options.dryRun) await write(path, fileOf(workflow), options.force ?? false);
  if (options.json) {
    print(
      jsonText({
        file: options.dryRun ? null : path,
        format: source.format,
        workflow,
        lacks,
        shippedImageLacks: shipped,
        remarks,
      }),
    );
    return EXIT.done;
  }
  const format = source.format === 'api' ? 'API format' : "the editor's format, converted";
  for (const line of [
    `${file}: ${format}, ${Object.keys(made.graph).length} nodes`,
    ...workflowLines(workflow, composed.size, label),
    ...remarkLines(composed, made, remarks, label),
    ...lackLines(reference.title, lacks, label),
    ...(other ? lackLines(image.title, shipped, label) : []),
    options.dryRun ? `A dry run: ${shown(path)} was not written.` : `Written: ${shown(path)}`,
    ...nextLines(stageValue(path, options.name), shipped.length > 0),
  ])
    print(line);
  return EXIT.done;
}

function remarkLines(
  { leftOut, workflow }: Composed,
  made: Conversion,
  changes: Remark[],
  label: Label,
): string[] {
  const of = workflow.output.node;
  const { length } = JSON.stringify(workflow);
  const became = made.graph[of]?.class_type !== workflow.graph[of]?.class_type;
  const conversion = [...made.remarks].flatMap(([node, texts]) => texts.map((text): Remark => [node, text]));
  const lines = [
    ...(readsAlpha(workflow)
      ? [`${label(workflow.input.node)}: its mask is empty, since photos are sent without transparency`]
      : []),
    ...(became ? [`${label(of)} only shows its picture: SaveImage takes its place`] : []),
    ...[...changes, ...conversion]
      .filter(([node]) => node in workflow.graph)
      .map(([node, text]) => `${label(node)}: ${text}`),
    ...(length > MANY_CHARACTERS
      ? [
          `the workflow has ${length} characters; the SSM parameter of a stage holds about 7000 (docs/workflow.md)`,
        ]
      : []),
    ...(leftOut.length > 0
      ? [`left out, since the result does not need it: ${leftOut.map(label).join(', ')}`]
      : []),
  ];
  return lines.map((line) => `  remark   ${line}`);
}

/** Whether a node takes the second output of the photo's LoadImage. */
const readsAlpha = ({ graph, input }: Workflow): boolean =>
  Object.values(graph).some((node) =>
    linksOf(node).some(([, [id, slot]]) => id === input.node && slot === 1),
  );

/** Of JSON, near what a stage's parameter holds beside its other settings. */
const MANY_CHARACTERS = 6500;

/** A workflow without what is a default. */
export function fileOf({ name, graph, input, output, options }: Workflow): object {
  const { node, prefixField, pictureField, scale, coloured } = output;
  return {
    name,
    graph,
    input,
    ...(Object.keys(options).length > 0 && { options }),
    output: {
      node,
      prefixField,
      ...(pictureField !== 'images' && { pictureField }),
      coloured,
      ...(scale !== 1 && { scale }),
    },
  };
}

async function readGraph(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new UsageError(`'${file}' was not read: ${(cause as Error).message}`, { cause });
  }
}

/** Relative to the caller's folder, where it is below that. */
const shown = (path: string): string => {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path : below;
};

/** What the stage setting `workflow` is for a file. */
const stageValue = (path: string, name: string): string =>
  dirname(resolve(path)).endsWith(join('ami', 'workflow')) ? name : resolve(path);

async function write(path: string, workflow: object, isForced: boolean): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, jsonFile(workflow), { flag: isForced ? 'w' : 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UserError(`${shown(path)} exists: add --force to replace it, or --name for another name.`, {
      cause: error,
    });
  }
}
