/** Image processes: which gets which request, what becomes of photos when one dies, and what is believed of their replies. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ImageSettings } from '../../worker/imaging/image-processor.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { FakeProcesses, png } from './support/fake-image-process.ts';
import { memoryLog } from './support/memory.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const settings: ImageSettings = { maxMegapixels: 1, path: 'chroma', workflow };
/** What exceeds it hangs. */
const LIMIT = 10_000;

let fakes: FakeProcesses;
let images: ImageProcesses;
beforeEach(() => {
  fakes = new FakeProcesses();
});
afterEach(() => images.close());

const processes = (count: number) =>
  (images = new ImageProcesses(settings, count, memoryLog(), fakes.connect));
const body = (text: string) => Buffer.from(text, 'latin1');
const turn = () => new Promise((resolve) => setImmediate(resolve));
const finish = async (id: string) => (await images.finish(id, body('colours'), 'v')).file;
const result = (photo: string) => png(`${photo}, colours, v`);
const died = { name: 'TransientFault', message: expect.stringContaining('died') as string };

describe('image processes', { timeout: LIMIT }, () => {
  it('finish each photo in the process that prepared it', async () => {
    processes(3);
    const finished = Array.from({ length: 12 }, async (_, k) => {
      expect(await images.inspect(body(`body ${k}`))).toBe(1);
      const { upload } = await images.prepare(`photo-${k}`, body(`body ${k}`));
      expect(upload).toEqual(png(`body ${k}`));
      return finish(`photo-${k}`);
    });
    expect(await Promise.all(finished)).toEqual(Array.from({ length: 12 }, (_, k) => result(`body ${k}`)));
    expect(fakes.started).toHaveLength(3);
  });

  it('are started when they are needed', async () => {
    processes(3);
    expect(fakes.started).toHaveLength(0);
    await images.prepare('one', body('one'));
    await images.prepare('two', body('two'));
    expect(fakes.started).toHaveLength(1);
  });

  it('finish first, then read heads, then prepare', async () => {
    processes(1);
    await images.prepare('one', body('one'));
    await Promise.all([
      images.prepare('two', body('two')),
      images.prepare('three', body('three')),
      images.inspect(body('four')),
      finish('one'),
    ]);
    const order = ['prepare one', 'prepare two', 'finish one', 'inspect four', 'prepare three'];
    expect(fakes.started[0]!.seen).toEqual(order);
  });

  it('pass faults on with class, code and cause', async () => {
    processes(1);
    await expect(images.prepare('one', body('fault'))).rejects.toMatchObject({
      name: 'PermanentFault',
      code: 'unreadable-image',
      message: 'no picture',
      cause: { message: 'bad header' },
    });
    images.discard('one');
    await expect(finish('one')).rejects.toThrow('not prepared');
    expect(fakes.started[0]!.seen).toEqual(['prepare fault']);
  });

  it('free photos that are discarded', async () => {
    processes(1);
    await images.prepare('one', body('one'));
    images.discard('one');
    images.discard('never');
    await expect(finish('one')).rejects.toThrow('not prepared');
    await images.prepare('two', body('two'));
    expect(fakes.started[0]!.seen).toEqual(['prepare one', 'discard one', 'prepare two']);
  });

  it.each(['finish', 'advance'] as const)(
    'free a photo whose time is up before they get to %s it',
    async (act) => {
      processes(1);
      await images.prepare('one', body('one'));
      const bad = images.prepare('bad', body('hang')).catch((error: unknown) => error);
      const ending = new AbortController();
      const { signal } = ending;
      const acted =
        act === 'finish'
          ? images.finish('one', body('colours'), 'v', signal)
          : images.advance('one', body('picture'), undefined, signal);
      ending.abort(new Error('no time left'));
      await expect(acted).rejects.toThrow('no time left');
      images.discard('one');
      fakes.started[0]!.reply({ fault: { kind: 'other', message: 'bad' }, megabytes: 80 });
      await bad;
      await images.prepare('three', body('three'));
      const seen = ['prepare one', 'prepare hang', 'discard one', 'prepare three'];
      expect(fakes.started.map((one) => one.seen)).toEqual([seen]);
    },
  );

  it('are replaced when they hold no photo and have much memory', async () => {
    processes(1);
    await images.prepare('one', body('much memory'));
    await images.prepare('two', body('two'));
    images.discard('one');
    await finish('two');
    await images.inspect(body('three'));
    expect(fakes.started.map(({ seen }) => seen[0])).toEqual(['prepare much memory', 'prepare two']);
    expect(fakes.started.map(({ isKilled }) => isKilled)).toEqual([true, false]);
  });

  it('are not replaced once they are closed', async () => {
    processes(1);
    void images.prepare('one', body('hang')).catch(() => undefined);
    images.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fakes.started).toHaveLength(1);
  });
});

describe('a file that its process dies of', { timeout: LIMIT }, () => {
  it.each([
    ['crashes', 'die', 'unreadable-image', 2],
    ['takes too much memory', 'memory', 'too-large', 2],
    ['writes what is no frame', 'no frame', 'unreadable-image', 2],
    ['takes too much processor time', 'processor time', 'too-large', 1],
  ])(
    'since the decoder %s is refused, and tried in no more processes than needed',
    async (_n, text, code, tries) => {
      processes(2);
      for (const act of [() => images.prepare('one', body(text)), () => images.inspect(body(text))]) {
        fakes.started.length = 0;
        await images.prepare('warm', body('warm'));
        await expect(act()).rejects.toMatchObject({ name: 'PermanentFault', code });
        const tried = fakes.started.flatMap(({ seen }) => seen).filter((what) => what.endsWith(text));
        expect(tried).toHaveLength(tries);
        images.discard('warm');
      }
    },
  );

  it('is tried again in a process that has seen no other photo, and coloured when it was innocent', async () => {
    processes(1);
    fakes.once.add('die');
    await images.prepare('one', body('one'));
    await images.prepare('two', body('die'));
    expect(fakes.started.map(({ seen }) => seen)).toEqual([['prepare one', 'prepare die'], ['prepare die']]);
    expect(await finish('two')).toEqual(result('die'));
  });

  it('by a kill from outside, twice, waits for its next attempt', async () => {
    processes(1);
    await expect(images.prepare('one', body('killed'))).rejects.toMatchObject(died);
  });

  it('while it is finished waits for its next attempt', async () => {
    processes(1);
    await images.prepare('one', body('die in finish'));
    await expect(finish('one')).rejects.toMatchObject(died);
  });

  it('is no reason to refuse photos where no process starts: the instance is at fault', async () => {
    processes(1);
    fakes.broken = 2;
    await expect(images.prepare('one', body('one'))).rejects.toMatchObject({ name: 'InstanceFault' });
    await images.prepare('one', body('one'));
  });
});

describe('a photo whose process dies of another one', { timeout: LIMIT }, () => {
  it.each(['die', 'processor time', 'memory', 'no frame'])(
    '(%s) is coloured all the same',
    async (poison) => {
      processes(2);
      await Promise.all([images.prepare('one', body('one')), images.prepare('two', body('two'))]);
      const refused = images.prepare('bad', body(poison)).catch((error: unknown) => error);
      const results = await Promise.all([finish('one'), finish('two')]);
      expect(results).toEqual([result('one'), result('two')]);
      expect(await refused).toMatchObject({ name: 'PermanentFault' });
    },
  );

  it('also when it waits for ComfyUI meanwhile', async () => {
    processes(1);
    await images.prepare('one', body('one'));
    await expect(images.prepare('bad', body('die'))).rejects.toMatchObject({ name: 'PermanentFault' });
    expect(await finish('one')).toEqual(result('one'));
    expect(fakes.started.at(-1)!.seen.slice(-2)).toEqual(['prepare one', 'finish one']);
  });

  it('does not wait for a process that hangs', async () => {
    processes(2);
    void images.prepare('bad', body('hang')).catch(() => undefined);
    await images.prepare('one', body('one'));
    expect(await finish('one')).toEqual(result('one'));
  });
});

describe('a process that was taken over', { timeout: LIMIT }, () => {
  it.each([
    ['pixels beyond the limit', 'twice too many pixels'],
    ['another file than a picture', 'a page instead of a picture'],
    ['a picture that is larger than the photo', 'a bomb for ComfyUI'],
  ])('may not return %s: the photo is tried elsewhere', async (_name, text) => {
    processes(1);
    await expect(images.prepare('one', body(text))).rejects.toMatchObject({ name: 'TransientFault' });
    await images.prepare('two', body('two'));
    expect(fakes.started.map(({ seen }) => seen)).toEqual([[`prepare ${text}`], ['prepare two']]);
  });

  it('may not fill the worker’s memory: an answer is no larger than the photo can need', async () => {
    processes(1);
    await expect(images.prepare('one', body('a large answer'))).rejects.toMatchObject({
      name: 'PermanentFault',
    });
  });

  it('may not let a photo wait for much longer than its limits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      images = new ImageProcesses({ ...settings, maxMegapixels: 100 }, 1, memoryLog(), fakes.connect);
      const waited = images.inspect(body('hang')).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(2 * 180_000);
      expect(await waited).toMatchObject({
        cause: expect.objectContaining({ name: 'ProcessDied' }) as Error,
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it('may not stay: a process is replaced within half an hour, when it holds no photo', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      processes(1);
      await images.prepare('one', body('one'));
      await vi.advanceTimersByTimeAsync(1_800_000);
      await images.inspect(body('two'));
      expect(await finish('one')).toEqual(result('one'));
      await images.inspect(body('three'));
      expect(fakes.started.map(({ seen }) => seen)).toEqual([
        ['prepare one', 'finish one'],
        ['inspect two', 'inspect three'],
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('may not reply anything else', async () => {
    processes(1);
    await expect(images.inspect(body('no reply'))).rejects.toMatchObject({ name: 'PermanentFault' });
  });

  it('may blame ComfyUI for the picture that it saved, once, and for nothing else', async () => {
    processes(1);
    await expect(images.prepare('one', body('instance fault'))).rejects.toMatchObject({ name: 'Error' });
    await images.prepare('two', body('instance fault in finish'));
    await expect(finish('two')).rejects.toMatchObject({ name: 'InstanceFault' });
    await images.prepare('three', body('three'));
    expect(fakes.started).toHaveLength(2);
  });

  it('may not speak without a request', async () => {
    processes(1);
    await images.prepare('one', body('one'));
    fakes.started[0]!.reply({ value: {}, megabytes: 1 });
    // Its reply is received in the first turn, and its end in the second; a timer may come before either.
    await turn();
    await turn();
    expect(await finish('one')).toEqual(result('one'));
    expect(fakes.started).toHaveLength(2);
  });
});
