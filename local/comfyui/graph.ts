/** Graphs in ComfyUI's API format, unvalidated, and errors as Python raises them. */

export interface GraphNode {
  class_type?: string;
  inputs?: Record<string, unknown>;
}
export type Graph = Record<string, GraphNode>;

/** Output of another node. */
export type Link = [nodeId: string, slot: number];

export const isLink = (value: unknown): value is Link =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'number';

/** A Python exception; clients see its type and text. */
export class PythonError extends Error {
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** @returns the value of a key. @throws PythonError `KeyError` for a missing key */
export function item<T>(record: Record<string, T>, key: string): T {
  if (!Object.hasOwn(record, key)) throw new PythonError('KeyError', `'${key}'`);
  return record[key] as T;
}
