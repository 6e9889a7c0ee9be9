/** Requests to a stand-in for ComfyUI, as its clients send them. */
import sharp from 'sharp';
import { expect } from 'vitest';
import { until } from '../../support/wait.ts';

export type Json = Record<string, unknown>;
export interface Entry {
  outputs: Record<string, { images: { filename: string; subfolder: string; type: string }[] }>;
  status: { status_str: string; completed: boolean; messages: [string, Json][] };
}

export const graph = (image: string, prefix = 'out', more: Json = {}) => ({
  1: { class_type: 'LoadImage', inputs: { image } },
  2: {
    class_type: 'DDColor_Colorize',
    inputs: { image: ['1', 0], model_input_size: 32, checkpoint: 'ddcolor_modelscope.pth' },
  },
  3: { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: prefix } },
  ...more,
});

export const grey = (width: number, height: number, tone = 120) =>
  sharp({ create: { width, height, channels: 3, background: { r: tone, g: tone, b: tone } } });
export const last = (entry: Entry) => entry.status.messages.at(-1);

/** @param url asked before each request */
export function clientOf(url: () => string) {
  const get = async (path: string) => (await fetch(url() + path)).json() as Promise<Json>;
  const post = (path: string, body: unknown) =>
    fetch(url() + path, { method: 'POST', body: JSON.stringify(body) });

  async function upload(body: Buffer, name: string): Promise<void> {
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(body)]), name);
    expect((await fetch(`${url()}/upload/image`, { method: 'POST', body: form })).status).toBe(200);
  }

  async function submit(prompt: unknown, more: Json = {}): Promise<string> {
    const response = await post('/prompt', { prompt, ...more });
    expect(response.status).toBe(200);
    return ((await response.json()) as { prompt_id: string }).prompt_id;
  }

  const outcome = async (id: string): Promise<Entry> =>
    (await until(
      async () => ((await get(`/history/${id}`)) as Record<string, Entry>)[id],
      (entry) => entry !== undefined,
    ))!;

  const view = async (entry: Entry) => {
    const [file] = entry.outputs['3']?.images ?? [];
    const picture = await fetch(`${url()}/view?${new URLSearchParams({ ...file })}`);
    return sharp(Buffer.from(await picture.arrayBuffer()));
  };

  return { get, post, upload, submit, outcome, view };
}
