/** `workflow check`: a file of `ami/workflow/` against its schema and the image. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { EXIT, UsageError, UserError } from '../../common/errors.ts';
import { jsonText } from '../../common/terminal.ts';
import { workflowSchema, type Workflow } from '../../contract/workflow.ts';
import { graphFaults } from './graph/faults.ts';
import { lacksOf, type Lack } from './graph/lacks.ts';
import { resultSize, type Size } from './graph/size.ts';
import type { Checked } from './nodes/reference.ts';
import { labels, lackLines, workflowLines } from './report.ts';

export interface CheckPorts {
  image: Checked;
  /** Named by `--object-info`, instead of the image. */
  other: Checked | undefined;
  print: (line: string) => void;
}

/** @returns the exit code. @throws UserError when it is no workflow */
export async function check(
  file: string,
  { json }: { json?: boolean },
  { image, other, print }: CheckPorts,
): Promise<number> {
  const workflow = parsed(file, await read(file));
  const reference = other ?? image;
  const label = labels({ ...workflow.chroma?.graph, ...workflow.graph }, new Map());
  const size = sizeOf(workflow);
  const faults: string[] = [];
  const lacks: Lack[] = [];
  for (const { graph, input } of paths(workflow)) {
    const own = labels(graph, new Map());
    faults.push(
      ...graphFaults(graph, reference.definitions, new Map()).map(([node, text]) => `${own(node)} ${text}`),
    );
    lacks.push(
      ...lacksOf(graph, `${input.node}.${input.field}`, reference, image.definitions, {
        packs: new Map(),
        models: [],
      }),
    );
  }
  if (size.kind === 'scaled' && !size.cutBy && Math.abs(size.factor - workflow.output.scale) > 1e-9)
    faults.push(
      `output.scale is ${workflow.output.scale}, and by its nodes the graph scales by ${size.factor}`,
    );
  const isFine = faults.length === 0 && lacks.length === 0;
  if (json) print(jsonText({ name: workflow.name, faults, lacks }));
  else {
    const found =
      faults.length > 0
        ? ['ComfyUI or the worker would refuse it:', ...faults.map((fault) => `  ${fault}`)]
        : [];
    for (const line of [
      `${workflow.name}:`,
      ...workflowLines(workflow, size, label),
      ...found,
      ...lackLines(reference.title, lacks, label),
    ])
      print(line);
  }
  return isFine ? EXIT.done : EXIT.failed;
}

/** The graphs of a workflow, with the input of the photo. */
function paths({ graph, input, chroma }: Workflow): Pick<Workflow, 'graph' | 'input'>[] {
  const own =
    chroma?.graph && chroma.input ? [{ graph: chroma.graph, input: { ...input, ...chroma.input } }] : [];
  return [{ graph, input }, ...own];
}

const sizeOf = ({ graph, input, output }: Workflow): Size =>
  resultSize(graph, graph[output.node]!.inputs[output.pictureField], input.node);

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`'${file}' was not read: ${(cause as Error).message}`, { cause });
  }
}

function parsed(file: string, text: string): Workflow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`'${file}' is no JSON: ${(cause as Error).message}`, { cause });
  }
  const workflow = workflowSchema.safeParse(value);
  if (workflow.success) return workflow.data;
  throw new UserError(`'${file}' is no workflow:\n${z.prettifyError(workflow.error)}`);
}
