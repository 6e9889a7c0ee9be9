/** What a hostile graph could make large: texts of a PNG, subgraphs in subgraphs, chains of links. */
import { deflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { findCycle, neededBy, type Graph } from '../../../cli/workflow/graph/graph.ts';
import { resultSize } from '../../../cli/workflow/graph/size.ts';
import { textChunks } from '../../../cli/workflow/source/text-chunks.ts';
import { converted } from './support/convert.ts';
import type { Saved, SavedNode } from './support/editor.ts';
import { load, node } from './support/graphs.ts';

const plain = { mode: 0, inputs: [], outputs: [], widgets_values: [], properties: {} };
const id = (level: number) => `00000000-0000-4000-8000-${String(level).padStart(12, '0')}`;

it('a text of a PNG has at most 64 MiB', () => {
  const body = Buffer.concat([Buffer.from('prompt\0\0'), deflateSync(Buffer.alloc(65 * 2 ** 20))]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const png = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    length,
    Buffer.from('zTXt'),
    body,
    Buffer.alloc(4),
  ]);
  expect(() => textChunks(png)).toThrow("The text 'prompt' of the PNG cannot be decompressed.");
});

it('subgraphs in subgraphs have at most 5000 nodes', () => {
  // Ten nodes in each: a hundred million in nine levels.
  const level = (depth: number): SavedNode[] =>
    Array.from({ length: 10 }, (_, place) => ({
      ...plain,
      id: place + 1,
      type: depth === 9 ? 'EmptyImage' : id(depth),
    }));
  const subgraphs = Array.from({ length: 9 }, (_, depth) => ({
    id: id(depth),
    name: '',
    nodes: level(depth + 1),
    links: [],
    inputs: [],
    outputs: [],
  }));
  const document = { nodes: level(0), links: [], definitions: { subgraphs } } as Saved & {
    definitions: object;
  };
  expect(() => converted(document)).toThrow('more than 5000 nodes');
});

it('empty subgraphs in subgraphs are bounded too', () => {
  const level = (depth: number): SavedNode[] =>
    depth === 9
      ? []
      : Array.from({ length: 10 }, (_, place) => ({ ...plain, id: place + 1, type: id(depth) }));
  const subgraphs = Array.from({ length: 9 }, (_, depth) => ({
    id: id(depth),
    name: '',
    nodes: level(depth + 1),
    links: [],
    inputs: [],
    outputs: [],
  }));
  const document = { nodes: level(0), links: [], definitions: { subgraphs } } as Saved & {
    definitions: object;
  };
  expect(() => converted(document)).toThrow('more than 5000 nodes');
});

it('a chain of ten thousand nodes is read', () => {
  const count = 10_000;
  const graph: Graph = { 1: load() };
  for (let place = 2; place <= count; place++)
    graph[place] = node('ImageInvert', { image: [String(place - 1), 0] });
  expect(neededBy(graph, String(count)).size).toBe(count);
  expect(findCycle(graph)).toBeUndefined();
  expect(resultSize(graph, [String(count), 0], '1')).toMatchObject({ kind: 'scaled', factor: 1 });
});
