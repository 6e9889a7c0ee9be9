/** A ComfyUI graph as data, with the node that a picture goes into and the node that its result comes from. */
import { z } from 'zod';
import { RESERVED_METADATA } from './reserved-metadata.ts';
import { sizeWith, type Options } from './photo-option.ts';
import { isNamed, optionSchema, optionText, photoOptions, settable } from './workflow-option.ts';

const nodeSchema = z.object({ class_type: z.string().min(1), inputs: z.record(z.string(), z.unknown()) });

const graphSchema = z.record(z.string(), nodeSchema);

const fields = z.object({
  name: z.string().min(1),
  /**
   * Name of it on the page, of a stage with several.
   *
   * @default - its name
   */
  label: optionText.optional(),
  /**
   * Present when the graph keeps lightness and computes chroma at a fixed `size` (pixels of each side), so that a small copy
   * of a photo is enough. Absent when it needs the whole photo.
   */
  chroma: z
    .object({
      size: z.number().int().min(32).max(4096),
      /**
       * Saved on the chroma path instead of the graph's own picture: a node's id and the number of its output.
       *
       * @default the graph's own picture
       */
      saves: z.tuple([z.string(), z.number().int().min(0)]).optional(),
      /**
       * How the saved picture contains chroma, which only as a picture is clipped to the gamut of sRGB:
       *
       * - `picture`: a picture in colour.
       * - `ab`: a picture with Lab's a + 128 as red and b + 128 as green.
       * - `ab-planes`: a PGM file, eight bits, of `size` by 2 n `size`: of each of n photos the plane a + 128, then the plane
       *   b + 128. The graph is then given a PGM file of `size` by n `size`, the copies in grey from top to bottom.
       */
      encoding: z.enum(['picture', 'ab', 'ab-planes']).default('picture'),
      /** With `ab-planes`: the graph of this path, as `graph` is that of the other one. */
      graph: graphSchema.optional(),
      /** Of that graph. */
      input: z.object({ node: z.string(), field: z.string() }).optional(),
      /** Of that graph. */
      output: z.object({ node: z.string(), prefixField: z.string() }).optional(),
      /**
       * Most photos that the graph takes in one prompt; a stage's `batchSize` may be lower.
       *
       * @default 1
       */
      batch: z.number().int().min(1).max(64).optional(),
      /**
       * An input that says how exactly the network computes: its values, the one to be tried first in front. Where a worker
       * finds at its start that the test picture gets other colours, it takes the next one.
       *
       * @default - the graph's own value
       */
      precision: z
        .object({ node: z.string(), field: z.string(), steps: z.array(z.string().min(1)).min(1) })
        .optional(),
    })
    .optional(),
  /** Nodes by id, in ComfyUI's API format. Ids must not change between prompts: ComfyUI keeps models by node id. */
  graph: graphSchema,
  input: z.object({
    node: z.string(),
    /** The node's input for the picture's file name. */
    field: z.string(),
    /** `grey`: the graph reads only lightness, so a one-channel picture is sent. */
    colour: z.enum(['grey', 'rgb']),
  }),
  /**
   * By name, which is that of the photo's metadata in S3 (`x-amz-meta-<name>`). Without it the graph's value is used.
   *
   * @default - no options
   */
  options: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), optionSchema).default({}),
  output: z.object({
    /** The node that saves the one picture. */
    node: z.string(),
    /** The node's input for the prefix of the file name. */
    prefixField: z.string(),
    /** The node's input for the picture. */
    pictureField: z.string().default('images'),
    /** Width and height of the result, relative to the photo's. */
    scale: z.number().positive().default(1),
    /** Whether a result without colour is a failure of the graph. */
    coloured: z.boolean(),
  }),
});

export type Workflow = z.infer<typeof fields>;

/** Whether a photo goes to ComfyUI as a plane of grey bytes, and comes back as two of chroma, on the chroma path. */
export const isPlanes = ({ chroma }: Pick<Workflow, 'chroma'>): boolean => chroma?.encoding === 'ab-planes';

type Path = (string | number)[];

export const workflowSchema = fields.superRefine((workflow, context) => {
  const issue = (path: Path, message: string) => context.addIssue({ code: 'custom', path, message });
  const { graph, input, output, chroma } = workflow;
  const has = inGraph(graph, [], issue);
  has(['input'], input.node, input.field);
  has(['output'], output.node, output.prefixField);
  has(['output'], output.node, output.pictureField);
  for (const [name, option] of Object.entries(workflow.options))
    for (const { node, field } of settable(option)) has(['options', name], node, field);
  checkOptions(workflow, issue);
  for (const name of Object.keys(workflow.options)) {
    const what = RESERVED_METADATA.get(name);
    if (what !== undefined) issue(['options', name], `the name is reserved for the ${what}`);
  }
  if (!chroma) return;
  if (chroma.saves) has(['chroma', 'saves'], chroma.saves[0]);
  if (output.scale !== 1)
    issue(
      ['output', 'scale'],
      `${output.scale}: chroma is merged with the photo's lightness, at the photo's size`,
    );
  if (isPlanes(workflow)) checkPlanes(workflow, issue);
  else {
    for (const name of ['graph', 'input', 'output'] as const)
      if (chroma[name])
        issue(['chroma', name], `only with the encoding 'ab-planes', not '${chroma.encoding}'`);
    if (chroma.batch !== undefined && chroma.batch > 1)
      issue(
        ['chroma', 'batch'],
        `${chroma.batch}: with the encoding '${chroma.encoding}' a prompt takes 1 photo`,
      );
    const { precision } = chroma;
    if (precision) has(['chroma', 'precision'], precision.node, precision.field);
  }
});

/** Checks the graph of the chroma path where that is another one. */
function checkPlanes({ chroma, input, options }: Workflow, issue: Issue): void {
  for (const name of ['graph', 'input', 'output'] as const)
    if (!chroma?.[name])
      issue(['chroma', name], "missing: the encoding 'ab-planes' needs a graph of its own");
  if (chroma?.saves)
    issue(['chroma', 'saves'], "not with the encoding 'ab-planes', whose graph saves what it has");
  if (input.colour !== 'grey')
    issue(['input', 'colour'], `'${input.colour}': the encoding 'ab-planes' sends photos in grey`);
  if (!chroma?.graph || !chroma.input || !chroma.output) return;
  const has = inGraph(chroma.graph, ['chroma'], issue);
  has(['chroma', 'input'], chroma.input.node, chroma.input.field);
  has(['chroma', 'output'], chroma.output.node, chroma.output.prefixField);
  const { precision } = chroma;
  if (precision) has(['chroma', 'precision'], precision.node, precision.field);
  for (const [name, option] of Object.entries(options))
    for (const { node, field } of settable(option)) has(['options', name], node, field);
}

/** Checks what an option says beyond the inputs that it sets. */
function checkOptions({ graph, chroma, options }: Workflow, issue: Issue): void {
  for (const [name, option] of Object.entries(options)) {
    const at = ['options', name];
    if ('merge' in option) {
      if (!chroma) issue(at, `merge '${option.merge}': only with 'chroma', which is merged with the photo`);
      if (option.default < option.min || option.default > option.max)
        issue([...at, 'default'], `${option.default}: expected from ${option.min} to ${option.max}`);
      continue;
    }
    if (!isNamed(option)) continue;
    const names = Object.keys(option.choices);
    const usual = option.choices[option.default];
    if (!usual) {
      issue([...at, 'default'], `'${option.default}': expected one of ${names.join(', ')}`);
      continue;
    }
    for (const one of [graph, ...(chroma?.graph ? [chroma.graph] : [])])
      for (const { node, field, value } of usual.sets)
        if (one[node] && one[node].inputs[field] !== value)
          issue(
            [...at, 'choices', option.default],
            `sets '${field}' of node '${node}' to ${value}, but the graph has ${String(one[node].inputs[field])}; the default is the graph's own`,
          );
    for (const [choice, { size }] of Object.entries(option.choices)) {
      if (size === undefined) continue;
      if (!chroma) issue([...at, 'choices', choice, 'size'], `${size}: only with 'chroma'`);
      else if (choice === option.default && size !== chroma.size)
        issue(
          [...at, 'choices', choice, 'size'],
          `${size}: the default has that of 'chroma', ${chroma.size}`,
        );
    }
  }
  const sized = Object.keys(options).filter((name) => sizesOf(options[name]!).length > 0);
  if (sized.length > 1)
    issue(['options', sized[1]!], `sets the size, as '${sized[0]!}' does; one option may`);
}

/** Sizes that an option's choices have of their own. */
const sizesOf = (option: Workflow['options'][string]): number[] =>
  isNamed(option) ? Object.values(option.choices).flatMap(({ size }) => size ?? []) : [];

/** The largest side at which chroma is computed, whatever a photo chooses; 0 without chroma. */
export const largestChroma = ({ chroma, options }: Pick<Workflow, 'chroma' | 'options'>): number =>
  Math.max(chroma?.size ?? 0, ...Object.values(options).flatMap(sizesOf));

/** Side of the square at which chroma is computed with the options of a photo; 0 without chroma. */
export const chromaSize = (workflow: Workflow, values: Options): number =>
  workflow.chroma ? sizeWith(photoOptions(workflow), values, workflow.chroma.size) : 0;

type Issue = (path: Path, message: string) => void;

/** Checks the graph's links. @returns checks that it has a node, and that node an input */
function inGraph(graph: Workflow['graph'], at: Path, issue: Issue) {
  const name = at.length > 0 ? 'graph of the chroma path' : 'graph';
  const has = (path: Path, node: string, field?: string): void => {
    const inputs = graph[node]?.inputs;
    if (!inputs) issue(path, `no node '${node}' in the ${name} (${Object.keys(graph).join(', ')})`);
    else if (field !== undefined && !(field in inputs))
      issue(path, `node '${node}' has no input '${field}' (${Object.keys(inputs).join(', ')})`);
  };
  for (const [id, { inputs }] of Object.entries(graph))
    for (const [field, value] of Object.entries(inputs))
      if (Array.isArray(value) && typeof value[0] === 'string') has([...at, 'graph', id, field], value[0]);
  return has;
}
