/** The stand-in over HTTP and WebSocket, compared with exchanges recorded from a real ComfyUI 0.3.64. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startStandIn, type StandIn } from '../../../local/comfyui/server.ts';
import { until } from '../../support/wait.ts';

interface Recorded {
  case: string;
  note: string;
  request?: { method: string; path: string; json: unknown };
  status: number;
  content_type: string;
  body?: unknown;
  body_bytes?: number;
  messages?: Event[];
}
interface Event {
  type: string;
  data: Record<string, unknown>;
}

const FIXTURE = join(import.meta.dirname, '../../fixtures/comfyui-0.3.64.json');
const recorded = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Recorded[];
const byCase = (name: string) => {
  const found = recorded.find((entry) => entry.case === name);
  if (!found) throw new Error(`nothing recorded as '${name}'`);
  return found;
};

/** Fields that differ between runs or machines. */
const OWN = /^(ram_|vram_|torch_vram_|python_version|pytorch_version|argv$|timestamp$|traceback$|prompt_id$)/;
/** Lists whose order follows from Python's hash of strings. */
const UNORDERED = ['executed', 'current_outputs'];

function comparable(value: unknown, key = ''): unknown {
  if (OWN.test(key)) return `<${typeof value}>`;
  if (Array.isArray(value)) {
    const items = value.map((entry) => comparable(entry));
    return UNORDERED.includes(key) ? items.map(String).sort() : items;
  }
  if (typeof value === 'object' && value !== null) {
    // Values of a failed node are in Python's notation, with tensors; only the names are compared.
    if (key === 'current_inputs')
      return Object.keys(value).filter((name) => !/^(prompt|extra_pnginfo)$/.test(name));
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, comparable(entry, name)]));
  }
  if (typeof value === 'string') return value.replace(/'?\/[\w./-]*(input|output)(?=[/'\n])/g, '<folder>');
  return value;
}

/** Replaces our prompt ids by those of the recording. */
const named = (value: unknown, ids: Map<string, string>): unknown => {
  let text = JSON.stringify(value);
  for (const [theirs, ours] of ids) text = text.replaceAll(ours, theirs);
  return JSON.parse(text) as unknown;
};

/** Uploads of the recording, which does not contain their bytes. */
const plain = (tone: number) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: { r: tone, g: tone, b: tone } } })
    .png()
    .toBuffer();
const UPLOADS: Record<
  string,
  { name?: string; body: () => Promise<Buffer>; fields?: Record<string, string> }
> = {
  'upload image': {
    name: 'a.png',
    body: () => plain(90),
    fields: { overwrite: 'true', subfolder: 'job-1', type: 'input' },
  },
  'upload same name no overwrite': { name: 'a.png', body: () => plain(91), fields: { subfolder: 'job-1' } },
  'upload path traversal': { name: 'a.png', body: () => plain(90), fields: { subfolder: '../../evil' } },
  // As encoded by the recording client.
  'upload traversal in filename': { name: '..%2F..%2Fevil.png', body: () => plain(90) },
  'upload no image': { body: () => plain(90) },
  'upload not an image': { name: 'notimage.png', body: () => Promise.resolve(Buffer.from('hello')) },
  'upload big': { name: 'b.png', body: () => plain(120) },
};

/** Holds inferences while the recording reads a running prompt. */
let hold = Promise.resolve();
let release: () => void = () => undefined;
let standIn: StandIn;
let socket: WebSocket;
let events: Event[] = [];
const ids = new Map<string, string>();

beforeAll(async () => {
  standIn = await startStandIn({ port: 0, inferenceEnd: () => hold, device: 'cpu' });
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(await plain(100))]), 'gray.png');
  await fetch(`${standIn.url}/upload/image`, { method: 'POST', body: form });
  socket = new WebSocket(`${standIn.url.replace('http', 'ws')}/ws?clientId=rec-client`);
  socket.on('message', (text: Buffer) => events.push(JSON.parse(text.toString()) as Event));
  await new Promise((resolve) => socket.once('open', resolve));
  // The recording starts after two prompts that are not part of it.
  for (let i = 0; i < 2; i++) await fetch(`${standIn.url}/prompt`, { method: 'POST', body: '{}' });
});

afterAll(async () => {
  socket.terminate();
  await standIn.close();
});

async function send({ case: name, request }: Recorded): Promise<Response> {
  const { method, path } = request ?? { method: 'GET', path: '/' };
  const own = (text: string) => [...ids].reduce((now, [theirs, ours]) => now.replaceAll(theirs, ours), text);
  const url = standIn.url + own(path);
  const upload = UPLOADS[name];
  if (upload) {
    const form = new FormData();
    const bytes = new Blob([new Uint8Array(await upload.body())]);
    if (upload.name) form.set('image', bytes, upload.name);
    for (const [field, value] of Object.entries(upload.fields ?? { type: 'input' })) form.set(field, value);
    return fetch(url, { method, body: form });
  }
  const sent = request?.json ? own(JSON.stringify(request.json)) : undefined;
  const body = name === 'prompt invalid json' ? '{no json' : sent;
  const headers = name === 'cross origin' ? { Origin: 'http://evil.example' } : undefined;
  return fetch(url, { method, headers, ...(body ? { body } : {}) });
}

const isTrue = (value: boolean) => value;

/** Waits until the queue is empty. */
async function queueEmpty(): Promise<void> {
  release();
  await until(async () => {
    const response = await fetch(`${standIn.url}/prompt`);
    const { exec_info } = (await response.json()) as { exec_info: { queue_remaining: number } };
    return exec_info.queue_remaining === 0;
  }, isTrue);
}

/** Waits for the last event of a prompt. */
const promptEnded = () =>
  until(() => {
    const last = events.at(-1);
    return last?.type === 'executing' && last.data.node === null;
  }, isTrue);

/** Waits until the DDColor node runs: an earlier interrupt would take effect at another node. */
const colouring = () =>
  until(() => events.some(({ type, data }) => type === 'executing' && data.node === '2'), isTrue);

const events_ = (list: Event[]) => list.filter(({ type }) => type !== 'status');

describe('the recorded exchanges', () => {
  it.each(recorded.map((entry) => [entry.case, entry] as const))('%s', async (name, entry) => {
    if (entry.messages) {
      await queueEmpty();
      await promptEnded();
      // `status` events are left out: their queue length depends on timing.
      const own = events_(events).map((event) => comparable(named(event, ids)));
      expect(own).toEqual(events_(entry.messages).map((event) => comparable(event)));
      expect(events.at(-2)).toMatchObject({ data: { status: { exec_info: { queue_remaining: 0 } } } });
      events = [];
      return;
    }
    if (/^history/.test(name)) await queueEmpty();
    if (/^(prompt ok|same prompt again|prompt of non-image|prompt to interrupt)/.test(name)) events = [];
    if (/^prompt (ok|to interrupt)/.test(name)) hold = new Promise((resolve) => (release = resolve));
    if (name === 'interrupt') await colouring();
    const response = await send(entry);
    const body = Buffer.from(await response.arrayBuffer());
    expect(response.status).toBe(entry.status);
    // Ours says why; ComfyUI's answer is empty.
    if (name === 'cross origin') return;
    expect(response.headers.get('content-type') ?? '').toBe(entry.content_type);
    if (entry.content_type === 'image/png') {
      expect(await sharp(body).metadata()).toMatchObject({
        width: 64,
        height: 48,
        channels: 3,
        depth: 'uchar',
      });
    } else if (entry.body_bytes !== undefined) {
      expect(body).toHaveLength(entry.body_bytes);
    } else if (typeof entry.body === 'string') {
      expect(body.toString()).toBe(entry.body);
    } else {
      const own = JSON.parse(body.toString()) as { prompt_id?: string };
      const theirs = entry.body as { prompt_id?: string };
      if (theirs.prompt_id && own.prompt_id) ids.set(theirs.prompt_id, own.prompt_id);
      expect(comparable(named(own, ids))).toEqual(comparable(entry.body));
    }
  });

  it('covers the whole recording', () => {
    expect(recorded).toHaveLength(53);
    expect(byCase('prompt ok').status).toBe(200);
  });
});
