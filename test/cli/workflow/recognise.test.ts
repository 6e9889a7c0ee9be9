/** Which format a file has: JSON of both kinds, and the texts of a PNG. */
import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { recognise } from '../../../cli/workflow/source/recognise.ts';
import { definitions } from './support/convert.ts';
import { fileOf, saved } from './support/editor.ts';
import { upscale } from './support/graphs.ts';

const api = JSON.stringify(upscale);
const editor = JSON.stringify(fileOf(saved(upscale, definitions, true), 0.4));

const latin = (text: string) => Buffer.from(text, 'latin1');
const BODIES = {
  tEXt: (keyword: string, text: string) => [latin(`${keyword}\0${text}`)],
  zTXt: (keyword: string, text: string) => [latin(`${keyword}\0\0`), deflateSync(latin(text))],
  iTXt: (keyword: string, text: string) => [latin(`${keyword}\0\0\0en\0word\0`), Buffer.from(text)],
  'iTXt, compressed': (keyword: string, text: string) => [
    latin(`${keyword}\0\x01\0\0\0`),
    deflateSync(Buffer.from(text)),
  ],
};

function chunk(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32?.(Buffer.concat([latin(type), body])) ?? 0);
  return Buffer.concat([length, latin(type), body, sum]);
}

const png = (...chunks: Buffer[]) =>
  Buffer.concat([
    latin('\x89PNG\r\n\x1a\n'),
    chunk('IHDR', Buffer.alloc(13)),
    ...chunks,
    chunk('IEND', Buffer.alloc(0)),
  ]);
const text = (kind: keyof typeof BODIES, keyword: string, value: string) =>
  chunk(kind.slice(0, 4), Buffer.concat(BODIES[kind](keyword, value)));

describe('format of a file', () => {
  it.each<[string, string | Buffer, 'api' | 'editor']>([
    ['API', api, 'api'],
    ['API with a byte order mark', `\uFEFF${api}`, 'api'],
    ['the body of a request', `{"client_id":"x","prompt":${api}}`, 'api'],
    [
      "Python's numbers",
      api.replace('"photo.png"', '"NaN \\" Infinity"').replace('0.06', 'NaN').replace('0.8', '-Infinity'),
      'api',
    ],
    ['editor', editor, 'editor'],
    ['PNG', png(text('tEXt', 'prompt', api)), 'api'],
    ['PNG, compressed', png(text('zTXt', 'prompt', api)), 'api'],
    ['PNG, UTF-8', png(text('iTXt', 'workflow', editor)), 'editor'],
    ['PNG, UTF-8 and compressed', png(text('iTXt, compressed', 'workflow', editor)), 'editor'],
    ['PNG with both', png(text('tEXt', 'workflow', editor), text('tEXt', 'prompt', api)), 'api'],
    ['PNG that is cut off', png(text('tEXt', 'prompt', api)).subarray(0, -14), 'api'],
  ])('%s', (_what, file, format) => {
    const source = recognise(Buffer.from(file));
    expect(source.format).toBe(format);
    if (source.format === 'editor') return;
    expect(Object.keys(source.graph)).toEqual(Object.keys(upscale));
    expect(source.graph[4]).toEqual(upscale[4]);
  });

  it("keeps the words of a text that look like Python's numbers", () => {
    const source = recognise(
      Buffer.from(api.replace('"photo.png"', '"NaN \\" Infinity"').replace('0.06', 'NaN')),
    );
    expect(source).toMatchObject({
      graph: { 1: { inputs: { image: 'NaN " Infinity' } }, 3: { inputs: { alpha: null } } },
    });
  });

  it('takes titles, and gives a node without inputs some, since ComfyUI stops at one that has none', () => {
    const source = recognise(Buffer.from('{"1":{"class_type":"Note","_meta":{"title":"To do"}}}'));
    expect(source).toMatchObject({
      graph: { 1: { class_type: 'Note', inputs: {} } },
      titles: new Map([['1', 'To do']]),
    });
  });

  it.each<[string, string | Buffer, string]>([
    ['text', 'hello', 'Neither JSON nor a PNG: '],
    ['a list', '[]', "JSON, but no graph of ComfyUI: neither its API format nor the editor's."],
    ['an empty graph', '{}', 'it has no nodes'],
    ['no class', '{"1":{"inputs":{}}}', 'class_type'],
    [
      'nodes without a type',
      '{"nodes":[{"id":1}],"links":[]}',
      "The editor's format, but not as known here:",
    ],
    ['a photo', png(), 'A PNG without a graph: ComfyUI, or a program after it, saved it without metadata.'],
    [
      'a text that is broken',
      png(chunk('zTXt', latin('prompt\0\0oh'))),
      "The text 'prompt' of the PNG cannot be decompressed.",
    ],
  ])('%s is refused', (_what, file, message) => expect(() => recognise(Buffer.from(file))).toThrow(message));
});
