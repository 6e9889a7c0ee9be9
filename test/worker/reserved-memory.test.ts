/** The memory that is reserved for a photo before an image process has it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { FakeProcesses } from './support/fake-image-process.ts';
import { memoryLog } from './support/memory.ts';
import { workflow } from './support/stand-in-comfyui.ts';

/** What exceeds it hangs. */
const LIMIT = 10_000;

let fakes: FakeProcesses;
let images: ImageProcesses;
beforeEach(() => {
  fakes = new FakeProcesses();
  images = new ImageProcesses({ maxMegapixels: 1, path: 'chroma', workflow }, 1, memoryLog(), fakes.connect);
});
afterEach(() => images.close());

const body = (text: string) => Buffer.from(text, 'latin1');
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the memory of a photo', { timeout: LIMIT }, () => {
  const reserved: number[] = [];
  const prepare = (text: string) => {
    reserved.length = 0;
    const reserve = async (load: number) => void reserved.push(load);
    return images.prepare(text, body(text), 'photo', undefined, 'recolour', reserve);
  };
  const tiff = (name: string, bytes = 500_000) => `II*\0${name}`.padEnd(bytes);
  const [tiny, small, large] = [tiff('tiny', 400_000), tiff('small'), tiff('large', 2_000_000)];

  it.each([
    ['as its first bytes promise, and then sent once', small, [], [0.5], ['prepare']],
    ['again where it needs more', small, [1.5], [0.5, 1.5], ['prepare', 'prepare']],
    ['by its head where they promise nothing', 'a photo', [], [1], ['inspect', 'prepare']],
    ['by its head where they promise too much', large, [], [1], ['inspect', 'prepare']],
  ])('is reserved %s', async (_name, text, needs, loads, requests) => {
    fakes.needs.set(text, [...needs]);
    await prepare(text);
    expect(reserved).toEqual(loads);
    expect(fakes.started[0]!.seen.map((seen) => seen.split(' ')[0])).toEqual(requests);
  });

  it('is reserved before a file is sent', async () => {
    const never = () => new Promise<void>(() => undefined);
    void images.prepare('one', body(small), 'photo', undefined, 'recolour', never);
    await turn();
    expect(fakes.started).toHaveLength(0);
  });

  it.each([
    ['a need of less than is reserved', small, [0.4]],
    ['a need of more than is allowed', small, [17]],
    ['two needs', small, [1.5, 1.6]],
    ['a larger load than is reserved', tiny, []],
  ])('is not what a process that was taken over says: %s', async (_name, text, needs) => {
    fakes.needs.set(text, [...needs]);
    await expect(prepare(text)).rejects.toMatchObject({ name: 'TransientFault' });
    await images.prepare('two', body('two'));
    expect(fakes.started.at(-1)!.seen).toEqual(['prepare two']);
  });
});
