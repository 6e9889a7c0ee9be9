/** Photos of a stage with several workflows: what each names, and what it goes through, in one worker with the stand-in ComfyUI. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowProblems, type StageWorkflows } from '../../contract/photo-workflow.ts';
import { workflowSchema } from '../../contract/workflow.ts';
import { StageInference } from '../../worker/comfyui/stage-inference.ts';
import { createBatcher } from '../../worker/comfyui/batches.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { PhotoDeadline } from '../../worker/photo/deadline.ts';
import { photoChoice } from '../../worker/photo/options.ts';
import { createPipeline, type Attempt } from '../../worker/photo/pipeline.ts';
import { WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';
import { FakeProcesses, png } from './support/fake-image-process.ts';
import { memoryLog } from './support/memory.ts';
import { Comfy } from './support/stand-in-comfyui.ts';

const parse = (name: string, change = (text: string) => text) =>
  workflowSchema.parse(JSON.parse(change(readFileSync(`ami/workflow/${name}.json`, 'utf8'))));
/** Small, for speed. */
const ddcolor = parse('ddcolor', (text) => text.replaceAll('512', '64').replaceAll('1024', '96'));
const upscale = parse('upscale');
const stage: StageWorkflows = {
  workflow: ddcolor,
  otherWorkflows: { graphs: [upscale], names: ['upscale', 'ddcolor+upscale'] },
};
const one: StageWorkflows = { workflow: ddcolor };
const ALLOWED = 'allowed is ddcolor, upscale, ddcolor+upscale.';

describe('the workflow of a photo', () => {
  it.each<[string, Record<string, string>, object]>([
    ['none', {}, { workflow: 'ddcolor', look: { workflow: 'ddcolor' } }],
    ['its own', { workflow: 'ddcolor' }, { workflow: 'ddcolor', look: { workflow: 'ddcolor' } }],
    [
      'another, with an option of it',
      { workflow: 'upscale', sharpen: '0.5', strength: 'no option of this one' },
      { workflow: 'upscale', options: { sharpen: 0.5 }, look: { workflow: 'upscale' } },
    ],
    [
      'a chain, with an option of each step',
      { workflow: 'ddcolor+upscale', strength: '40', preset: 'buildings', sharpen: '0.5' },
      {
        workflow: 'ddcolor+upscale',
        options: { preset: 'buildings' },
        look: { workflow: 'ddcolor', strength: 40, size: 96, scale: 2 },
        next: [{ options: { sharpen: 0.5 }, look: { workflow: 'upscale', scale: 2 } }],
      },
    ],
  ])('that names %s', (_, metadata, choice) => {
    expect(photoChoice(stage, metadata)).toEqual({ output: 'photo', options: {}, ...choice });
  });

  it.each<[string, Record<string, string>, StageWorkflows, string]>([
    ['unknown', { workflow: 'anime' }, stage, `The workflow is 'anime'; ${ALLOWED}`],
    ['empty', { workflow: '' }, stage, `The workflow is ''; ${ALLOWED}`],
    ['a chain that is not offered', { workflow: 'upscale+ddcolor' }, stage, `'upscale+ddcolor'; ${ALLOWED}`],
    ['a name of an object', { workflow: '__proto__' }, stage, `'__proto__'; ${ALLOWED}`],
    ['long', { workflow: 'x'.repeat(2000) }, stage, `'${'x'.repeat(60)}...'; ${ALLOWED}`],
    ['of a stage with one', { workflow: 'upscale' }, one, "The workflow is 'upscale'; allowed is ddcolor."],
    [
      'a chain, and only its colours',
      { workflow: 'ddcolor+upscale', output: 'chroma' },
      stage,
      'this workflow gives no chroma',
    ],
    [
      'a chain, and a wrong option of its second step',
      { workflow: 'ddcolor+upscale', sharpen: '7' },
      stage,
      "The option 'sharpen' is '7'; allowed is a number from 0 to 1.",
    ],
  ])('is refused when it is %s', (_, metadata, of, message) => {
    expect(() => photoChoice(of, metadata)).toThrow(
      expect.objectContaining({ code: 'bad-option', message: expect.stringContaining(message) as string }),
    );
  });

  it('is the only one of a stage with one, whose photos choose as ever', () => {
    expect(photoChoice(one, { workflow: 'ddcolor' })).toEqual({ output: 'photo', options: {} });
  });
});

describe('workflows of a stage', () => {
  const renamed = (name: string) => ({ ...upscale, name });
  it.each<[string, NonNullable<StageWorkflows['otherWorkflows']>, string[]]>([
    ['with a chain', stage.otherWorkflows!, []],
    ['with steps that nothing else names', { graphs: [upscale], names: ['ddcolor+upscale'] }, []],
    [
      'with an unknown step',
      { graphs: [upscale], names: ['ddcolor+anime'] },
      ["workflow 'ddcolor+anime': there is no workflow 'anime'; the stage has ddcolor, upscale"],
    ],
    [
      'with a step of another size before the last',
      { graphs: [upscale], names: ['upscale+ddcolor'] },
      ["chain 'upscale+ddcolor': 'upscale' gives 2 times the size, which only the last step may"],
    ],
    [
      'with one option twice in a chain',
      {
        graphs: [{ ...upscale, options: ddcolor.options, graph: ddcolor.graph }],
        names: ['ddcolor+upscale'],
      },
      [
        "chain 'ddcolor+upscale': 'ddcolor' and 'upscale' both have an option 'preset'; in a chain each name may be there once",
        "chain 'ddcolor+upscale': 'ddcolor' and 'upscale' both have an option 'strength'; in a chain each name may be there once",
      ],
    ],
    ['listed twice', { graphs: [], names: ['ddcolor'] }, ["workflow 'ddcolor': is listed twice"]],
    [
      'of one name',
      { graphs: [renamed('ddcolor')], names: ['upscale+ddcolor'] },
      [
        "workflow 'ddcolor': two files have this name; each needs its own",
        "workflow 'upscale+ddcolor': there is no workflow 'upscale'; the stage has ddcolor, ddcolor",
      ],
    ],
    [
      'whose name a photo cannot have',
      { graphs: [renamed('größer')], names: ['größer'] },
      [
        "workflow 'größer': beside others its name must be up to 40 letters, digits, '.', '_' and '-', the first a letter or digit",
      ],
    ],
  ])('%s', (_, otherWorkflows, problems) => {
    expect(workflowProblems({ workflow: ddcolor, otherWorkflows })).toEqual(problems);
  });
});

const [WIDTH, HEIGHT] = [48, 36];
const tones = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => 30 + ((i * 7) % 190));
const photo = (values: Uint8Array = tones) =>
  sharp(values, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();

let comfy: Comfy;
beforeAll(async () => {
  comfy = await Comfy.start();
});
afterAll(() => comfy.close());

const untimed = (): Attempt => ({ figures: {}, started: async () => undefined });

/** A pipeline as a worker assembles it, with image processing in this process. */
function pipeline(path: 'chroma' | 'plain', drain = new AbortController()) {
  const [client, log] = [new ComfyuiClient(comfy.url), memoryLog()];
  const inference = new StageInference({ client, log, settings: { ...stage, device: 'cpu', path } });
  const comfyuiSlots = new WeightedSemaphore(2);
  const batcher = createBatcher({ ...inference.of({}), path: 'chroma' }, comfyuiSlots, 8);
  const colour = createPipeline({
    images: new LocalImageProcessor({ maxMegapixels: 1, path, ...stage }),
    infer: (picture, acquireSlot, choice, signal) =>
      infer(
        { ...inference.of(choice), path: picture.path },
        picture.upload,
        60_000,
        acquireSlot,
        choice.options,
        signal,
      ),
    batcherOf: () => batcher,
    comfyuiSlots,
    memory: new WeightedSemaphore(10),
    drainSignal: () => drain.signal,
    now: () => performance.now(),
  });
  return (file: Buffer, metadata: Record<string, string>, attempt: Attempt = untimed()) => {
    return colour(file, 'etag', attempt, photoChoice(stage, metadata), new PhotoDeadline());
  };
}

const pixels = async (file: Buffer) => {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, format: (await sharp(file).metadata()).format };
};

describe('a chain', () => {
  it.each(['chroma', 'plain'] as const)('on the path %s is its steps one after another', async (path) => {
    const run = pipeline(path);
    const options = { strength: '70', sharpen: '0.3' };
    const { body } = await run(await photo(), { workflow: 'ddcolor+upscale', ...options });
    const coloured = await run(await photo(), { workflow: 'ddcolor', ...options });
    const apart = await run(coloured.body, { workflow: 'upscale', ...options });
    const chained = await pixels(body);
    expect(chained).toEqual(await pixels(apart.body));
    expect(chained).toMatchObject({ width: 2 * WIDTH, height: 2 * HEIGHT, format: 'png' });
    // The colours of the first step are there.
    const plain = await run(await photo(), { workflow: 'upscale', ...options });
    expect(chained.data.equals((await pixels(plain.body)).data)).toBe(false);
  });

  it('counts its time in ComfyUI, starts once, and is at its last step in the end', async () => {
    let starts = 0;
    const attempt: Attempt = { figures: {}, started: async () => void starts++ };
    await pipeline('chroma')(await photo(), { workflow: 'ddcolor+upscale' }, attempt);
    expect(attempt.step).toBe('upscale');
    expect(attempt.figures.comfySeconds).toBeGreaterThan(0);
    // The attempt itself counts its first start only.
    expect(starts).toBe(2);
  });

  it('that has started is finished though its worker drains', async () => {
    const drain = new AbortController();
    const started = async () => drain.abort('drained');
    const { body } = await pipeline('chroma', drain)(
      await photo(),
      { workflow: 'ddcolor+upscale' },
      { figures: {}, started },
    );
    expect(await pixels(body)).toMatchObject({ width: 2 * WIDTH });
  });

  it('goes on with a photo that has no room for colour', async () => {
    const white = new Uint8Array(WIDTH * HEIGHT).fill(255);
    const { body, remarks } = await pipeline('chroma')(await photo(white), { workflow: 'ddcolor+upscale' });
    expect(remarks).toEqual(['no-room-for-colour']);
    expect(await pixels(body)).toMatchObject({ width: 2 * WIDTH, height: 2 * HEIGHT });
  });
});

describe('a chain of a photo in image processes', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const settings = { maxMegapixels: 1, path: 'chroma', workflow: parse('ddcolor-public-node') } as const;
  const started = async (text: string, once = '', count = 1) => {
    const fakes = new FakeProcesses();
    fakes.once.add(once);
    const images = new ImageProcesses(settings, count, memoryLog(), fakes.connect);
    const others = Array.from({ length: count - 1 }, (_, k) => images.prepare(`${k}`, bytes('other')));
    await Promise.all([images.prepare('one', bytes(text)), ...others]);
    return { fakes, images, advance: (saved: string) => images.advance('one', bytes(saved)) };
  };
  const finished = async (images: ImageProcesses) => (await images.finish('one', bytes('colours'), 'v')).file;

  it('of which one dies of another photo goes on at its step, with what each step before has saved', async () => {
    const { fakes, images, advance } = await started('photo');
    expect((await advance('first')).upload).toEqual(png('photo, first'));
    await advance('second');
    await expect(images.prepare('bad', bytes('die'))).rejects.toMatchObject({ name: 'PermanentFault' });
    const again = ['prepare photo', 'advance photo', 'advance photo, first'];
    expect(await finished(images)).toEqual(png('photo, first, second, colours, v'));
    expect(fakes.started.at(-1)!.seen.slice(-4)).toEqual([...again, 'finish photo, first, second']);
  });

  it('of which one dies before a step is prepared again for it', async () => {
    const { fakes, images, advance } = await started('photo');
    await expect(images.prepare('bad', bytes('die'))).rejects.toMatchObject({ name: 'PermanentFault' });
    await advance('first');
    expect(fakes.started.at(-1)!.seen.slice(-2)).toEqual(['prepare photo', 'advance photo']);
    expect(await finished(images)).toEqual(png('photo, first, colours, v'));
  });

  it('of which one dies of its step is tried in a fresh one, and after two waits for its next attempt', async () => {
    const text = 'die in advance';
    const innocent = await started(text, text, 2);
    await innocent.advance('first');
    const tried = [`prepare ${text}`, `advance ${text}`];
    expect(innocent.fakes.started.map(({ seen }) => seen)).toEqual([['prepare other'], tried, tried]);
    expect(await finished(innocent.images)).toEqual(png(`${text}, first, colours, v`));
    const poison = await started(text);
    await expect(poison.advance('first')).rejects.toMatchObject({ name: 'TransientFault' });
    expect(poison.fakes.started).toHaveLength(2);
  });

  it('stays in its process, which is not replaced before', async () => {
    const { fakes, images, advance } = await started('photo');
    await advance('first');
    await images.prepare('two', bytes('much memory'));
    images.discard('two');
    await images.inspect(bytes('once that is done'));
    await finished(images);
    const seen = ['prepare photo', 'advance photo', 'prepare much memory', 'discard much memory'];
    expect(fakes.started[0]).toMatchObject({ seen: [...seen, 'finish photo, first'], isKilled: true });
  });

  it('blames ComfyUI for the picture that a step saved', async () => {
    const { advance } = await started('instance fault in advance');
    await expect(advance('first')).rejects.toMatchObject({ name: 'InstanceFault', message: 'grey' });
  });

  it('is not believed that it has another size at a next step', async () => {
    const { fakes, images, advance } = await started('twice too many pixels in advance');
    await expect(advance('first')).rejects.toThrow('a load of 0.5 and 2 megapixels at a next step');
    await images.prepare('two', bytes('two'));
    expect(fakes.started).toHaveLength(2);
  });
});
