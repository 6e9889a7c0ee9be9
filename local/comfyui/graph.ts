/** Graphs in ComfyUI's API format, as they come: nothing about them is certain. */

export interface GraphNode {
  class_type?: string;
  inputs?: Record<string, unknown>;
}
export type Graph = Record<string, GraphNode>;

/** Output of another node. */
export type Link = [nodeId: string, slot: number];

export const isLink = (value: unknown): value is Link =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'number';

/** An exception as Python would have raised it: clients see its type and text. */
export class PythonError extends Error {
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** Value of a key. @throws PythonError `KeyError`, whose text is the key in quotes */
export function item<T>(record: Record<string, T>, key: string): T {
  if (!Object.hasOwn(record, key)) throw new PythonError('KeyError', `'${key}'`);
  return record[key] as T;
}
