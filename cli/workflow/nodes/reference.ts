/** The ComfyUI that a graph is checked against: that of the shipped image, or one that runs, or the saved `/object_info` of one. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../../../common/errors.ts';
import type { Reference } from '../graph/lacks.ts';
import { parseObjectInfo } from './definitions.ts';
import { imageNodes } from './image-nodes.ts';

export interface Checked extends Reference {
  /** For a reader: "the shipped image (ComfyUI 0.3.64)". */
  title: string;
}

/** It has thousands of nodes with many packs, and some ask a network for their choices. */
const ANSWER_MS = 60_000;

export function shippedImage(): Checked {
  const { comfyui: version, models, apiNodes, definitions } = imageNodes();
  return { title: `the shipped image (ComfyUI ${version})`, version, models, apiNodes, definitions };
}

/** @param from URL of a ComfyUI, or a file. @throws UserError */
export async function referenceOf(from: string): Promise<Checked> {
  const info = /^https?:\/\//.test(from)
    ? await answer(`${from.replace(/\/(object_info)?$/, '')}/object_info`)
    : await saved(from);
  const definitions = parseObjectInfo(info);
  if (definitions.size === 0)
    throw new UserError(`--object-info ${from}: no node classes, as GET /object_info returns them.`);
  return { title: from, version: `at ${from}`, models: {}, apiNodes: new Set(), definitions };
}

async function answer(url: string): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return (await response.json()) as Record<string, unknown>;
  } catch (cause) {
    const { message, cause: below } = cause as Error & { cause?: Error };
    throw new UserError(`--object-info: ${url} was not read: ${below?.message ?? message}`, { cause });
  }
}

async function saved(file: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new UserError(`--object-info ${file}: ${(cause as Error).message}`, { cause });
  }
}
