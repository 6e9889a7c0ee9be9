/** Parsers of other parties' bytes: what each may throw, texts it begins with, and bombs: inputs that grow with a size. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZodError } from 'zod';
import { JOURNAL, Journal } from '../../cli/colour/journal.ts';
import { createdPhotoFrom, photoStatusFrom } from '../../client/answers.ts';
import { ApiError, apiErrorFrom } from '../../client/errors.ts';
import { pictureTypeOf } from '../../client/picture.ts';
import { uprightExif } from '../../colour/metadata/exif.ts';
import { readXmp, writeXmp } from '../../colour/metadata/xmp.ts';
import { UserError } from '../../common/errors.ts';
import { parseJobMessage } from '../../contract/job.ts';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { newPhotoSchema } from '../../contract/photo-api.ts';
import { viewSchema } from '../../contract/view.ts';
import { workflowSchema } from '../../contract/workflow.ts';
import { estimateWait } from '../../lambda/gateway/estimate.ts';
import { ProblemError } from '../../lambda/gateway/problems.ts';
import { parseBody, parseRequest } from '../../lambda/gateway/request.ts';
import { fromItem } from '../../lambda/scaler/memory.ts';
import { viewOf } from '../../lambda/scaler/view.ts';
import { readExports } from '../../sim/traffic/cloudwatch.ts';
import { parseTrace } from '../../sim/traffic/trace.ts';
import { sniff, type Format } from '../../worker/imaging/formats.ts';
import { FrameReader } from '../../worker/imaging/frames.ts';
import { parseReply } from '../../worker/imaging/image-protocol.ts';
import { readMetadata, writeMetadata } from '../../worker/imaging/metadata.ts';
import { PermanentFault } from '../../worker/photo/faults.ts';
import { choiceOf } from '../../worker/photo/options.ts';
import { BOMBS, type Bomb } from './bombs.ts';
import { SEEDS } from './seeds.ts';

export interface Target {
  name: string;
  /** Returns, or throws an error that `allowed` accepts. */
  run(input: Buffer): unknown;
  allowed(error: unknown): boolean;
  seeds: Buffer[];
  bombs: Bomb[];
  /** Most bytes that reach it, where its reader or the service that stores them has a bound. */
  most?: number;
  /** Runs in an image process, with limits of its own, or reads the user's own file: linear time is enough. */
  unbounded?: true;
}

type Allowed = (abstract new (...args: never[]) => unknown)[];

const target = (
  name: keyof typeof SEEDS,
  run: (input: Buffer) => unknown,
  allowed: Allowed,
  message = /^/,
  more: Pick<Target, 'most' | 'unbounded'> = {},
): Target => ({
  name,
  run,
  allowed: (error) => allowed.some((one) => error instanceof one) && message.test((error as Error).message),
  seeds: SEEDS[name].map((seed) => Buffer.from(seed, 'latin1')),
  bombs: BOMBS[name] ?? BOMBS.any!,
  ...more,
});

const PROVENANCE = { source: 'etag', isColoured: true };
/** Heads of files: what metadata needs of a result. */
const RESULTS: Record<Exclude<Format, 'avif'>, Buffer> = {
  jpeg: Buffer.from('\xff\xd8\xff\xda', 'latin1'),
  png: Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\0IHDR\0\0\0\0', 'latin1'),
  webp: Buffer.from('RIFF\x0c\0\0\0WEBPVP8L\0\0\0\0', 'latin1'),
  tiff: Buffer.from('II*\0\x08\0\0\0\0\0\0\0\0\0', 'latin1'),
};

/** DynamoDB's limit on an item, bytes. */
const ITEM = 409_600;
const SERVICE = new URL('https://photos.example.com/');
const received = (input: Buffer, status = 200) => ({ status, body: input.toString('utf8') });
const workflow = workflowSchema.parse(JSON.parse(readFileSync('ami/workflow/ddcolor.json', 'utf8')));

/** JSON of a party that may send anything; `undefined` for a text that is none, which another check refuses. */
function json(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Runs a reader of files on a temporary one. */
async function onFile<T>(name: string, input: Buffer, read: (folder: string) => T): Promise<Awaited<T>> {
  const folder = mkdtempSync(join(tmpdir(), 'ddcolor-fuzz-'));
  try {
    writeFileSync(join(folder, name), input);
    return await read(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const TARGETS: Target[] = [
  target('sniffer', sniff, []),
  target('exif', (input) => uprightExif(input, { width: 1000, height: 800, turned: true }), []),
  target('jpeg', (input) => copyMetadata(input, 'jpeg'), [], /^/, { unbounded: true }),
  target('png', (input) => copyMetadata(input, 'png'), [], /^/, { unbounded: true }),
  target('webp', (input) => copyMetadata(input, 'webp'), [], /^/, { unbounded: true }),
  target('tiff', (input) => copyMetadata(input, 'tiff'), [], /^/, { unbounded: true }),
  target('xmp', xmp, [], /^/, { unbounded: true }),
  target('frames', frames, [RangeError, SyntaxError, ZodError]),
  target('job', (input) => parseJobMessage(input.toString('utf8')), [Error], /^job message|^URI malformed/),
  target('keys', keys, [Error], /^not a photo's key/),
  target('options', (input) => choiceOf(workflow, metadata(input)), [PermanentFault]),
  target('workflow', (input) => workflowSchema.safeParse(json(input)), [], /^/, { unbounded: true }),
  target('memory', memory, [Error], /^controls /, { most: ITEM }),
  target('view', view, [], /^/, { most: ITEM }),
  target('request', request, [ZodError, ProblemError]),
  target('answer', answer, [ApiError], /^/, { most: 65_536 }),
  target('picture', (input) => pictureTypeOf(new Blob([Uint8Array.from(input)])), []),
  target('journal', (input) => onFile(JOURNAL, input, (folder) => Journal.open(folder)), [UserError], /^/, {
    unbounded: true,
  }),
  target('trace', (input) => parseTrace('trace', input.toString('utf8')), [UserError]),
  target(
    'metrics',
    (input) => onFile('m.csv', input, (f) => readExports([join(f, 'm.csv')])),
    [UserError],
    /^/,
    { unbounded: true },
  ),
];

/** Reads a file's metadata and writes it into the smallest file of its format. */
async function copyMetadata(input: Buffer, format: keyof typeof RESULTS): Promise<void> {
  const { metadata } = await readMetadata(input, format, input.subarray(-1000));
  writeMetadata(Buffer.from(RESULTS[format]), format, metadata, { width: 10, height: 20 }, PROVENANCE);
}

/** What is read as well-formed stays so. */
function xmp(input: Buffer): void {
  const found = readXmp(input);
  const made = writeXmp(found, { width: 10, height: 20, provenance: PROVENANCE });
  if (found && !readXmp(made)) throw new TypeError('XMP that cannot be read back');
}

function frames(input: Buffer): void {
  const reader = new FrameReader({ header: 65_536, body: 1e7 });
  for (let at = 0; at < input.length; at += 4096)
    for (const { header } of reader.push(input.subarray(at, at + 4096))) parseReply('prepare', header);
}

function keys(input: Buffer): void {
  const key = input.toString('utf8');
  resultKey(key);
  if (Buffer.byteLength(failedKey(key)) > 1024) throw new TypeError('a key that S3 refuses');
}

/** Lines `name: value`, as HTTP has metadata. */
const metadata = (input: Buffer): Record<string, string> =>
  Object.fromEntries(
    input
      .toString('utf8')
      .split('\n')
      .map((line) => line.split(':', 2) as [string, string])
      .filter(({ length }) => length === 2),
  );

function memory(input: Buffer): void {
  const { recent, policy } = fromItem(json(input));
  viewOf(recent, policy, 30);
}

function view(input: Buffer): void {
  const { data } = viewSchema.safeParse(json(input));
  if (data) estimateWait(data, { storedAt: data.at - 5 }, data.at + 1);
}

function request(input: Buffer): void {
  const event = { routeKey: 'POST /photos', requestContext: { http: { sourceIp: '192.0.2.1' } } };
  const headers = { 'content-type': 'application/json' };
  parseBody(parseRequest({ ...event, headers, body: input.toString('utf8') }), newPhotoSchema);
  parseRequest(json(input));
}

function answer(input: Buffer): void {
  if (!(apiErrorFrom(received(input, 400)) instanceof ApiError)) throw new TypeError('no ApiError');
  if (input.length % 2) createdPhotoFrom(received(input), SERVICE);
  else photoStatusFrom(received(input), SERVICE, 'abcdefghijklmnopqrstuv');
}
