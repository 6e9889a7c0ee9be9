/** A ComfyUI graph as data, with the one place a picture goes in and the one it comes out. */
import { z } from 'zod';
import { OUTPUT_METADATA } from './photo-types.ts';

const nodeSchema = z.object({ class_type: z.string().min(1), inputs: z.record(z.string(), z.unknown()) });

/** What a photo may choose: an input of a node, and the values that it may have. */
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
     * The graph keeps lightness and computes chroma at this size, pixels of each side: a small copy of a photo is enough
     * for it. Absent where it has to see the photo itself.
     */
    chroma: z
      .object({
        size: z.number().int().min(32).max(4096),
        /**
         * What is saved on the chroma path in place of what the graph itself saves: a node's id and the number of its output.
         *
         * @default what the graph itself saves
         */
        saves: z.tuple([z.string(), z.number().int().min(0)]).optional(),
        /**
         * How a pixel of it tells its chroma: as a picture in colour; or `ab`, Lab's a + 128 as red and b + 128 as green,
         * which loses nothing at the edge of what sRGB can show.
         */
        encoding: z.enum(['picture', 'ab']).default('picture'),
      })
      .optional(),
    /** Nodes by id, in ComfyUI's API format. Ids must not change between prompts: nodes keep their model by id. */
    graph: z.record(z.string(), nodeSchema),
    input: z.object({
      node: z.string(),
      /** Name of the node's input that takes the picture's file name. */
      field: z.string(),
      /** `grey`: the graph reads lightness only, so a one-channel picture is sent. */
      colour: z.enum(['grey', 'rgb']),
    }),
    /**
     * By name, which is that of the photo's metadata in S3 (`x-amz-meta-<name>`). A photo without one gets what the graph has.
     *
     * @default - a photo chooses nothing
     */
    options: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), optionSchema).default({}),
    output: z.object({
      /** The node whose one picture is the result. */
      node: z.string(),
      /** Name of that node's input that takes the prefix of the file's name. */
      prefixField: z.string(),
      /** Name of that node's input that takes the picture. */
      pictureField: z.string().default('images'),
      /** Width and height of the result, in those of the photo. */
      scale: z.number().positive().default(1),
      /** Whether a result without any colour means that the graph did not do its work. */
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
    if (OUTPUT_METADATA in workflow.options)
      issue(['options', OUTPUT_METADATA], 'the name is taken: it says what a photo becomes');
    if (chroma?.saves) has(['chroma', 'saves'], chroma.saves[0]);
    if (chroma && output.scale !== 1)
      issue(
        ['output', 'scale'],
        `${output.scale}: chroma is merged with the photo's own lightness, at its own size`,
      );
    for (const [id, { inputs }] of Object.entries(graph))
      for (const [field, value] of Object.entries(inputs))
        if (Array.isArray(value) && typeof value[0] === 'string') has(['graph', id, field], value[0]);
  });

export type Workflow = z.infer<typeof workflowSchema>;
export type Option = z.infer<typeof optionSchema>;
