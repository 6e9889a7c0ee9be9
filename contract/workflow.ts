/** A ComfyUI graph as data, with the node that a picture goes into and the node that its result comes from. */
import { z } from 'zod';
import { COLOURED_PHOTOS_METADATA, OUTPUT_METADATA, REMARKS_METADATA } from './photo-types.ts';
import { TRACE_METADATA } from './trace.ts';

const nodeSchema = z.object({ class_type: z.string().min(1), inputs: z.record(z.string(), z.unknown()) });

/** An option of photos: an input of a node, and its allowed values. */
const optionSchema = z.union([
  z.object({
    node: z.string(),
    field: z.string(),
    min: z.number(),
    max: z.number(),
    /** @default false */
    whole: z.boolean().optional(),
  }),
  z.object({ node: z.string(), field: z.string(), choices: z.array(z.string()).min(1) }),
]);

export const workflowSchema = z
  .object({
    name: z.string().min(1),
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
         * How the saved picture contains chroma: as a picture in colour, or as `ab`, Lab's a + 128 as red and b + 128 as green,
         * which is not clipped to the gamut of sRGB.
         */
        encoding: z.enum(['picture', 'ab']).default('picture'),
      })
      .optional(),
    /** Nodes by id, in ComfyUI's API format. Ids must not change between prompts: ComfyUI keeps models by node id. */
    graph: z.record(z.string(), nodeSchema),
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
  })
  .superRefine((workflow, context) => {
    const { graph, input, output, chroma } = workflow;
    const issue = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const has = (path: (string | number)[], node: string, field?: string) => {
      const inputs = graph[node]?.inputs;
      if (!inputs) issue(path, `no node '${node}' in the graph (${Object.keys(graph).join(', ')})`);
      else if (field !== undefined && !(field in inputs))
        issue(path, `node '${node}' has no input '${field}' (${Object.keys(inputs).join(', ')})`);
    };
    has(['input'], input.node, input.field);
    has(['output'], output.node, output.prefixField);
    has(['output'], output.node, output.pictureField);
    for (const [name, { node, field }] of Object.entries(workflow.options))
      has(['options', name], node, field);
    for (const [name, what] of [
      [OUTPUT_METADATA, 'output of a photo'],
      [TRACE_METADATA, 'trace id of a photo'],
      [COLOURED_PHOTOS_METADATA, 'choice for photos in colour'],
      [REMARKS_METADATA, 'remarks of a result'],
    ] as const)
      if (name in workflow.options) issue(['options', name], `the name is reserved for the ${what}`);
    if (chroma?.saves) has(['chroma', 'saves'], chroma.saves[0]);
    if (chroma && output.scale !== 1)
      issue(
        ['output', 'scale'],
        `${output.scale}: chroma is merged with the photo's lightness, at the photo's size`,
      );
    for (const [id, { inputs }] of Object.entries(graph))
      for (const [field, value] of Object.entries(inputs))
        if (Array.isArray(value) && typeof value[0] === 'string') has(['graph', id, field], value[0]);
  });

export type Workflow = z.infer<typeof workflowSchema>;
export type Option = z.infer<typeof optionSchema>;
