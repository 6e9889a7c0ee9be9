/** Which precision a worker takes, and what it sends to ComfyUI. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { workflowSchema } from '../../contract/workflow.ts';
import { CanaryMismatch } from '../../worker/comfyui/canary.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import { Precision, withPrecision } from '../../worker/comfyui/precision.ts';
import { InstanceFault, NotFinite } from '../../worker/photo/faults.ts';
import { memoryLog } from './support/memory.ts';
import { Comfy, timing } from './support/stand-in-comfyui.ts';

const workflow = workflowSchema.parse(JSON.parse(readFileSync('ami/workflow/ddcolor.json', 'utf8')));
const three = {
  chroma: { ...workflow.chroma!, precision: { node: '2', field: 'precision', steps: ['a', 'b', 'c'] } },
};

/** A check that fails with those errors, one for each precision. */
function checked(errors: Record<string, Error | undefined>) {
  const [log, precision, tried, reports] = [
    memoryLog(),
    Precision.first(three),
    [] as string[],
    { count: 0 },
  ];
  const check = async () => {
    tried.push(precision.current!);
    const error = errors[precision.current!];
    if (error) throw error;
    return 'ready';
  };
  return {
    log,
    precision,
    tried,
    reports,
    check: withPrecision(check, precision, log, () => reports.count++),
  };
}

describe('a worker', () => {
  it.each([new CanaryMismatch('other colours'), new NotFinite('not finite')])(
    'takes the next precision after %s, for as long as it runs',
    async (error) => {
      const { log, tried, reports, check } = checked({ a: error, b: error });
      expect(await check()).toBe('ready');
      expect(await check()).toBe('ready');
      expect(tried).toEqual(['a', 'b', 'c', 'c']);
      expect(reports.count).toBe(2);
      expect(log.of('precision-changed')).toMatchObject([
        { from: 'a', to: 'b', reason: expect.stringContaining(error.message) as string },
        { from: 'b', to: 'c' },
      ]);
    },
  );

  it('fails when no precision is left', async () => {
    const error = new CanaryMismatch('other colours');
    const { tried, check } = checked({ a: error, b: error, c: error });
    await expect(check()).rejects.toBe(error);
    await expect(check()).rejects.toBe(error);
    expect(tried).toEqual(['a', 'b', 'c', 'c']);
  });

  it('keeps its precision after any other fault', async () => {
    const error = new InstanceFault('no memory');
    const { tried, reports, check } = checked({ a: error });
    await expect(check()).rejects.toBe(error);
    expect([tried, reports.count]).toEqual([['a'], 0]);
  });

  it('has none where its workflow has none', () => {
    const precision = Precision.first({ chroma: undefined });
    expect([precision.current, precision.fallBack()]).toEqual([undefined, false]);
  });
});

describe('with ComfyUI', () => {
  let comfy: Comfy;
  afterEach(() => comfy.close());

  it('the prompt has the precision, on the chroma path alone', async () => {
    comfy = await Comfy.start();
    const { url, prompts } = await comfy.recording();
    const precision = Precision.first(workflow);
    const inference = { client: new ComfyuiClient(url), workflow, precision, log: memoryLog(), timing };
    const plane = Buffer.alloc(512 * 512, 90);
    await infer({ ...inference, path: 'chroma' }, plane, 60_000);
    precision.fallBack();
    await infer({ ...inference, path: 'chroma' }, plane, 60_000);
    expect(prompts.map(({ prompt }) => prompt['2']?.inputs.precision)).toEqual(['auto', 'float32']);
  });
});
