/** The nodes and model files of the shipped image, recorded by `tools/image-nodes/`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseObjectInfo, type Definitions } from './definitions.ts';

const schema = z.object({
  /** Version. */
  comfyui: z.string(),
  /** Files by folder of `models/`. */
  models: z.record(z.string(), z.array(z.string())),
  /** Classes that call services over the network, which an instance does not load. */
  apiNodes: z.array(z.string()),
  nodes: z.record(z.string(), z.unknown()),
});

export interface ImageNodes {
  comfyui: string;
  models: Record<string, string[]>;
  apiNodes: ReadonlySet<string>;
  definitions: Definitions;
}

let read: ImageNodes | undefined;

export const imageNodes = (): ImageNodes => (read ??= readNodes());

function readNodes(): ImageNodes {
  // Beside this file, and beside the bundle in the package.
  const text = readFileSync(join(import.meta.dirname, 'image-nodes.json'), 'utf8');
  const { comfyui, models, apiNodes, nodes } = schema.parse(JSON.parse(text));
  return { comfyui, models, apiNodes: new Set(apiNodes), definitions: parseObjectInfo(nodes) };
}
