/** Which of ComfyUI's formats a file has. Pure. */
import { z } from 'zod';
import { UserError } from '../../../common/errors.ts';
import { documentSchema, type EditorDocument } from '../editor/document.ts';
import type { Graph } from '../graph/graph.ts';
import { isPng, textChunks } from './text-chunks.ts';

export type Source =
  | {
      format: 'api';
      graph: Graph;
      titles: Map<string, string>;
      /** The same graph as the editor had it: it names packs and models. */
      document?: EditorDocument | undefined;
    }
  | { format: 'editor'; document: EditorDocument };

const apiNodeSchema = z.object({
  class_type: z.string().min(1),
  inputs: z.record(z.string(), z.unknown()).default({}),
  _meta: z.object({ title: z.string().optional() }).nullish(),
});
const apiSchema = z.record(z.string(), apiNodeSchema);

/** @throws UserError when it has none of them */
export function recognise(file: Buffer): Source {
  if (!isPng(file)) return sourceOf(parseJson(file.toString('utf8')));
  const texts = textChunks(file);
  const [prompt, workflow] = [texts.get('prompt'), texts.get('workflow')];
  if (prompt === undefined && workflow === undefined)
    throw new UserError('A PNG without a graph: ComfyUI, or a program after it, saved it without metadata.');
  if (prompt === undefined) return sourceOf(parseJson(workflow ?? ''));
  // The graph that ran is exact; the editor's needs a conversion.
  const source = sourceOf(parseJson(prompt));
  if (source.format !== 'api' || workflow === undefined) return source;
  return { ...source, document: documentSchema.safeParse(parseJson(workflow)).data };
}

/** Python's JSON has numbers that JSON has not: outside of strings, they become null. */
function withoutPythonNumbers(text: string): string {
  let plain = '';
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const start = quote < 0 ? text.length : quote;
    plain += text.slice(at, start).replace(/-?\b(?:NaN|Infinity)\b/g, 'null');
    let end = start + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    plain += text.slice(start, end + 1);
    at = end + 1;
  }
  return plain;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(withoutPythonNumbers(text.replace(/^\uFEFF/, '')));
  } catch (cause) {
    throw new UserError(`Neither JSON nor a PNG: ${(cause as Error).message}`, { cause });
  }
}

function sourceOf(value: unknown): Source {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError("JSON, but no graph of ComfyUI: neither its API format nor the editor's.");
  const fields = value as Record<string, unknown>;
  if (Array.isArray(fields['nodes'])) {
    const parsed = documentSchema.safeParse(value);
    if (parsed.success) return { format: 'editor', document: parsed.data };
    throw new UserError(`The editor's format, but not as known here:\n${z.prettifyError(parsed.error)}`);
  }
  if ('graph' in fields && 'output' in fields)
    throw new UserError("A workflow already: 'ddcolor-elastic workflow check' checks it.");
  // The body of a request to ComfyUI.
  return apiOf('prompt' in fields ? fields['prompt'] : value);
}

function apiOf(value: unknown): Source {
  const parsed = apiSchema.safeParse(value);
  if (!parsed.success || Object.keys(parsed.data).length === 0) {
    const why = parsed.success ? 'it has no nodes' : z.prettifyError(parsed.error);
    throw new UserError(
      `JSON, but no graph of ComfyUI: neither the editor's format ('nodes'), nor its API format:\n${why}`,
    );
  }
  const nodes = Object.entries(parsed.data);
  return {
    format: 'api',
    graph: Object.fromEntries(nodes.map(([id, { class_type, inputs }]) => [id, { class_type, inputs }])),
    titles: new Map(
      nodes.flatMap(([id, { _meta }]) => (_meta?.title === undefined ? [] : [[id, _meta.title]])),
    ),
  };
}
