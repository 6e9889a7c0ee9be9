/** The format that ComfyUI's editor saves, 0.4 and 1.0: what the conversion reads of it. */
import { z } from 'zod';

const idSchema = z.union([z.number(), z.string()]).transform(String);
const typeSchema = z.unknown().transform((type) => (Array.isArray(type) ? 'COMBO' : String(type)));

const slotSchema = z.object({
  name: z.string(),
  type: typeSchema,
  link: idSchema.nullish(),
  /** Of an input that is a value of the node too. */
  widget: z.object({ name: z.string() }).nullish(),
});

const nodeSchema = z.object({
  id: idSchema,
  type: z.string(),
  mode: z.number().nullish(),
  title: z.string().nullish(),
  inputs: z.array(slotSchema).nullish(),
  outputs: z.array(z.object({ name: z.string(), type: typeSchema })).nullish(),
  widgets_values: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).nullish(),
  properties: z
    .looseObject({
      /** Pack of the node in ComfyUI's registry, and its version. */
      cnr_id: z.string().optional().catch(undefined),
      ver: z.string().optional().catch(undefined),
      /** Its repository: owner and name. */
      aux_id: z.string().optional().catch(undefined),
      models: z
        .array(z.object({ name: z.string(), url: z.string().optional(), directory: z.string().optional() }))
        .optional()
        .catch(undefined),
      proxyWidgets: z.array(z.unknown()).optional().catch(undefined),
    })
    .nullish(),
});

const linkSchema = z.union([
  z
    .tuple([idSchema, idSchema, z.number(), idSchema, z.number()], z.unknown())
    .transform(([id, origin, originSlot, target, targetSlot]) => ({
      id,
      origin,
      originSlot,
      target,
      targetSlot,
    })),
  z
    .object({
      id: idSchema,
      origin_id: idSchema,
      origin_slot: z.number(),
      target_id: idSchema,
      target_slot: z.number(),
    })
    .transform(({ id, origin_id, origin_slot, target_id, target_slot }) => ({
      id,
      origin: origin_id,
      originSlot: origin_slot,
      target: target_id,
      targetSlot: target_slot,
    })),
]);

const linksSchema = z
  .array(linkSchema.nullable())
  .default([])
  .transform((links) => links.filter((link) => link !== null));

const subgraphSchema = z.object({
  id: z.string(),
  name: z.string().default(''),
  nodes: z.array(nodeSchema),
  links: linksSchema,
  inputs: z.array(z.object({ name: z.string(), type: typeSchema })).default([]),
  outputs: z.array(z.object({ name: z.string(), type: typeSchema })).default([]),
});

export const documentSchema = z.object({
  nodes: z.array(nodeSchema),
  links: linksSchema,
  definitions: z.object({ subgraphs: z.array(subgraphSchema).nullish() }).nullish(),
});

export type EditorDocument = z.infer<typeof documentSchema>;
export type EditorNode = z.infer<typeof nodeSchema>;
export type EditorSlot = z.infer<typeof slotSchema>;
export type EditorLink = z.infer<typeof linkSchema>;
export type Subgraph = z.infer<typeof subgraphSchema>;

/** Ids of what stands for the inputs and the outputs of a subgraph inside it. */
export const SUBGRAPH_INPUT = '-10';
export const SUBGRAPH_OUTPUT = '-20';

/** A node that is neither executed nor has a value. */
export const MUTED = 2;
/** A node whose inputs are passed on. */
export const BYPASSED = 4;
