/** A ComfyUI graph as data, with the one place a picture goes in and the one it comes out. */
import { z } from 'zod';

const nodeSchema = z.object({ class_type: z.string().min(1), inputs: z.record(z.string(), z.unknown()) });

export const workflowSchema = z
  .object({
    name: z.string().min(1),
    /**
     * The graph keeps lightness and computes chroma at this size, pixels of each side: a small copy of a photo is enough
     * for it. Absent where it has to see the photo itself.
     */
    chroma: z.object({ size: z.number().int().min(32).max(4096) }).optional(),
    /** Nodes by id, in ComfyUI's API format. Ids must not change between prompts: nodes keep their model by id. */
    graph: z.record(z.string(), nodeSchema),
    input: z.object({
      node: z.string(),
      /** Name of the node's input that takes the picture's file name. */
      field: z.string(),
      /** `grey`: the graph reads lightness only, so a one-channel picture is sent. */
      colour: z.enum(['grey', 'rgb']),
    }),
    output: z.object({
      /** The node whose one picture is the result. */
      node: z.string(),
      /** Name of that node's input that takes the prefix of the file's name. */
      prefixField: z.string(),
      /** Whether a result without any colour means that the graph did not do its work. */
      coloured: z.boolean(),
    }),
  })
  .superRefine((workflow, context) => {
    for (const end of ['input', 'output'] as const) {
      const { node } = workflow[end];
      if (!(node in workflow.graph)) {
        const allowed = Object.keys(workflow.graph).join(', ');
        context.addIssue({
          code: 'custom',
          path: [end, 'node'],
          message: `no node '${node}' in the graph (${allowed})`,
        });
      }
    }
  });

export type Workflow = z.infer<typeof workflowSchema>;
