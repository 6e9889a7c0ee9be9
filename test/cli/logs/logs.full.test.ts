/**
 * On the local stack: `logs --photo KEY` shows a photo's way from the gateway through two attempts to its outcome, under one trace
 * id. With `FULL` set: it deploys the stack and waits for the scaler.
 */
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/commands.ts';
import { announce } from '../../../common/local-run.ts';
import { Scope } from '../../../common/scope.ts';
import { apiPhotoKey, resultKey } from '../../../contract/keys.ts';
import { TRACE_METADATA } from '../../../contract/trace.ts';
import { ensureVenv } from '../../../local/aws/venv.ts';
import { startStack, type LocalStack } from '../../../local/run/stack.ts';
import { photo } from '../../../tools/bench/photos.ts';

const PATIENCE_MS = 180_000;
const abort = new AbortController().signal;

/** Runs the command. @returns its exit code and lines */
async function logs(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const write = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => Boolean(lines.push(String(text))));
  const code = await main(['logs', '--local', ...args]).finally(() => write.mockRestore());
  return { code, lines: lines.join('').trimEnd().split('\n') };
}

describe('the logs of a photo', () => {
  const scope = new Scope();
  let stack: LocalStack;
  const comfyui: { kill: () => void }[] = [];
  let attempts = 0;

  beforeAll(async () => {
    stack = await startStack({
      stage: 'local',
      comfyui: undefined,
      python: await ensureVenv(abort, console.log),
      abort,
      scope,
      say: () => undefined,
      standInSeconds: 2,
      onProcess: ({ what, child }) => {
        if (what === 'comfyui') comfyui.push({ kill: () => child.process.kill('SIGKILL') });
      },
      // The first attempt loses its ComfyUI.
      onWorkerLine: (_, line) => {
        if (!line.includes('"event":"photo-started"')) return;
        if (++attempts === 1) for (const one of comfyui) one.kill();
      },
    });
    const { StackName } = stack.outputs;
    const autoScalingEndpoint = stack.agent.url;
    await announce(
      { stage: 'local', stack: StackName, endpoint: stack.endpoint, autoScalingEndpoint },
      scope,
    );
  }, PATIENCE_MS);
  afterAll(() => scope.close());

  it(
    'show its way from the gateway through two attempts to its outcome, under one trace id',
    async () => {
      const bytes = await photo(0, 0.3);
      const created = await fetch(`${stack.apiUrl}photos`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Erika Mustermann.jpg', type: 'image/jpeg', size: bytes.length }),
      });
      const { id, upload } = (await created.json()) as {
        id: string;
        upload: { url: string; headers: Record<string, string> };
      };
      expect(
        (await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: new Uint8Array(bytes) }))
          .status,
      ).toBe(200);
      const key = apiPhotoKey(id);
      const Bucket = stack.outputs.BucketName;
      const result = () =>
        stack.s3.send(new HeadObjectCommand({ Bucket, Key: resultKey(key) })).catch(() => undefined);
      await vi.waitUntil(result, { timeout: PATIENCE_MS, interval: 500 });
      await fetch(`${stack.apiUrl}photos/${id}`);

      const trace = upload.headers[`x-amz-meta-${TRACE_METADATA}`]!;
      expect((await result())?.Metadata?.[TRACE_METADATA]).toBe(trace);
      const stored = await stack.s3.send(new GetObjectCommand({ Bucket, Key: key }));
      expect(stored.Metadata?.[TRACE_METADATA]).toBe(trace);

      const has = (lines: string[], text: RegExp) => lines.findIndex((line) => text.test(line));
      const { lines } = await vi.waitUntil(
        async () => {
          const shown = await logs('--photo', key);
          return has(shown.lines, /photo-finished .*outcome=succeeded/) >= 0 &&
            has(shown.lines, /GET \/photos/) >= 0
            ? shown
            : undefined;
        },
        { timeout: 30_000, interval: 1000 },
      );
      expect(lines[0]).toBe(`trace ${trace}`);
      expect(lines.filter((line) => line.startsWith('trace '))).toHaveLength(1);
      const way = [
        / gateway +request-handled route=POST \/photos .*status=201/,
        / i-\w+ +photo-started /,
        / i-\w+ +error attempt-failed /,
        / i-\w+ +photo-finished .*outcome=returned/,
        / i-\w+ +photo-started /,
        / i-\w+ +photo-finished .*outcome=succeeded/,
        / gateway +request-handled route=GET \/photos\/\{id\} .*status=200/,
      ];
      let from = 0;
      for (const step of way) {
        const found = lines.slice(from).findIndex((line) => step.test(line));
        expect([step.source, found >= 0]).toEqual([step.source, true]);
        from += found + 1;
      }
      expect(lines.join('\n')).not.toMatch(/Mustermann/);
      expect(lines.join('\n')).not.toContain(id);
    },
    PATIENCE_MS,
  );

  it('of an instance have its ComfyUI, and of a photo without lines say so', async () => {
    const all = await logs('--json');
    const origins = new Set(all.lines.map((line) => (JSON.parse(line) as { origin: string }).origin));
    expect([...origins].some((origin) => origin.startsWith('i-'))).toBe(true);
    // Those of the scaler come when its run of a minute is over.
    expect([...origins]).toContain('gateway');
    expect((await logs('--photo', 'nobody.jpg')).code).toBe(1);
  }, 60_000);
});
