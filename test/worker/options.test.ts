/** A photo's choices: which values of its metadata are allowed, and what is said of the others. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { metadataOf } from '../../contract/photo-option.ts';
import { workflowSchema } from '../../contract/workflow.ts';
import { fillWorkflow } from '../../worker/comfyui/workflow.ts';
import { choiceOf, optionsOf } from '../../worker/photo/options.ts';
import { processPhoto } from '../../worker/photo/process-photo.ts';
import { MemoryBucket, memoryLog, unlimited } from './support/memory.ts';

const workflow = workflowSchema.parse({
  ...(JSON.parse(readFileSync('ami/workflow/upscale.json', 'utf8')) as object),
  options: {
    sharpen: { node: '3', field: 'alpha', min: 0, max: 1 },
    radius: { node: '3', field: 'sharpen_radius', min: 1, max: 31, whole: true },
    method: { node: '2', field: 'upscale_method', choices: ['lanczos', 'bicubic'] },
  },
});

describe('the choice for photos in colour', () => {
  it.each([
    [{}, undefined],
    [{ 'coloured-photos': 'recolour' }, 'recolour'],
    [{ 'coloured-photos': 'refuse' }, 'refuse'],
  ] as const)('of %j is %s', (metadata, colouredPhotos) => {
    expect(choiceOf(workflow, metadata).colouredPhotos).toBe(colouredPhotos);
  });

  it('is one of two', () => {
    expect(() => choiceOf(workflow, { 'coloured-photos': 'keep' })).toThrow(
      "The option 'coloured-photos' is 'keep'; allowed is recolour, refuse.",
    );
  });
});

describe('the options of a photo', () => {
  it('reach their nodes, and do not change the workflow', () => {
    const options = optionsOf(workflow, { sharpen: '0.5', method: 'bicubic', 'camera-owner': 'Ada' });
    const graph = fillWorkflow(workflow, 'in.png', 'out', options);
    expect(graph['3']?.inputs).toMatchObject({ alpha: 0.5, sharpen_radius: 1 });
    expect(graph['2']?.inputs.upscale_method).toBe('bicubic');
    expect(workflow.graph['3']?.inputs.alpha).toBe(0.06);
  });

  it.each([
    [{ sharpen: '0' }, { sharpen: 0 }],
    [{ sharpen: '1' }, { sharpen: 1 }],
    [{ sharpen: '0.25' }, { sharpen: 0.25 }],
    // As the gateway writes a number that it accepts.
    [metadataOf({ sharpen: 1e-7 }), { sharpen: 1e-7 }],
    [{ radius: '31' }, { radius: 31 }],
    [
      { radius: '1', method: 'lanczos', 'camera-owner': 'Ada' },
      { radius: 1, method: 'lanczos' },
    ],
    [{}, {}],
  ])('%j are allowed', (metadata, options) => {
    expect(optionsOf(workflow, metadata)).toEqual(options);
  });

  it.each([
    [{ sharpen: '2' }, "The option 'sharpen' is '2'; allowed is a number from 0 to 1."],
    [{ sharpen: '' }, "The option 'sharpen' is ''; allowed is a number from 0 to 1."],
    [{ sharpen: '0x1' }, "The option 'sharpen' is '0x1'; allowed is a number from 0 to 1."],
    [{ radius: '1.5' }, "The option 'radius' is '1.5'; allowed is a whole number from 1 to 31."],
    [{ radius: '32' }, "The option 'radius' is '32'; allowed is a whole number from 1 to 31."],
    [{ radius: '0' }, "The option 'radius' is '0'; allowed is a whole number from 1 to 31."],
    [{ sharpen: '-0.1' }, "The option 'sharpen' is '-0.1'; allowed is a number from 0 to 1."],
    [{ sharpen: '0.5x' }, "The option 'sharpen' is '0.5x'; allowed is a number from 0 to 1."],
    [{ sharpen: 'x0.5' }, "The option 'sharpen' is 'x0.5'; allowed is a number from 0 to 1."],
    [
      { method: 'x'.repeat(41) },
      `The option 'method' is '${'x'.repeat(40)}...'; allowed is lanczos, bicubic.`,
    ],
    [{ method: 'x'.repeat(40) }, `The option 'method' is '${'x'.repeat(40)}'; allowed is lanczos, bicubic.`],
    [{ method: '../../x' }, "The option 'method' is '../../x'; allowed is lanczos, bicubic."],
  ])('%j are refused', (metadata, message) => {
    const refused = (() => {
      try {
        return optionsOf(workflow, metadata);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toMatchObject({ name: 'PermanentFault', code: 'bad-option', message });
  });

  it('that are not allowed fail the photo before it is read', async () => {
    const bucket = new MemoryBucket();
    const etag = bucket.upload('incoming/a.jpg', 'a photo', { sharpen: 'much' });
    const settings = { maxMegapixels: 1, workflow };
    const colour = () => Promise.reject(new Error('not to be called'));
    const job = { bucket: 'photos', key: 'incoming/a.jpg', etag, storedAtMs: 0 };
    const attempt = { figures: {}, started: async () => undefined };
    const ports = { bucket, settings, colour, ...unlimited(), log: memoryLog(), now: () => 0 };
    const outcome = await processPhoto(job, attempt, ports);
    expect(outcome).toEqual({ outcome: 'failed', code: 'bad-option' });
    expect(JSON.parse(bucket.objects.get('failed/a.jpg.json')!.body.toString())).toMatchObject({
      code: 'bad-option',
      retryable: false,
    });
  });
});

describe('the output of a photo', () => {
  const chroma = workflowSchema.parse(JSON.parse(readFileSync('ami/workflow/ddcolor.json', 'utf8')));

  it.each([
    [{}, 'photo'],
    [{ output: 'photo' }, 'photo'],
    [{ output: 'chroma' }, 'chroma'],
  ])('of %j is %s', (metadata, output) => {
    expect(choiceOf(chroma, metadata)).toEqual({ output, options: {} });
  });

  it.each([
    [chroma, 'Chroma', "The option 'output' is 'Chroma'; allowed is photo, chroma."],
    [
      workflow,
      'chroma',
      "The option 'output' is 'chroma', but this workflow gives no chroma; allowed is photo.",
    ],
  ])('is refused when the workflow cannot give it', (one, output, message) => {
    expect(() => choiceOf(one, { output })).toThrow(
      expect.objectContaining({ name: 'PermanentFault', code: 'bad-option', message }),
    );
  });
});
