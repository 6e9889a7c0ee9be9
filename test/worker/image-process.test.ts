/** Real image processes: the files they make, what they cannot reach, and their end. */
import { spawn, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { ALLOCATOR, childProcesses, socketProcesses } from '../../worker/imaging/image-connection.ts';
import { LocalImageProcessor, type ImageSettings } from '../../worker/imaging/image-processor.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { memoryLog } from './support/memory.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const settings: ImageSettings = { maxMegapixels: 1, path: 'chroma', workflow };
const ENTRY = fileURLToPath(new URL('../../worker/imaging/image-process.mjs', import.meta.url));
const log = memoryLog();
const images = new ImageProcesses(settings, 1, log);
afterAll(() => images.close());

const pixels = Uint8Array.from({ length: 4800 }, (_, i) => 60 + (i % 80));
const photo = () =>
  sharp(pixels, { raw: { width: 80, height: 60, channels: 1 } })
    .png()
    .toBuffer();
const tint = (background: string) =>
  sharp({ create: { width: 512, height: 512, channels: 3, background } })
    .png()
    .toBuffer();

describe('an image process', () => {
  it('makes the files that the processor makes here', async () => {
    const local = new LocalImageProcessor(settings);
    const file = await photo();
    expect(await images.inspect(file)).toBe(await local.inspect(file));
    expect(await images.prepare('one', file)).toEqual(await local.prepare('one', file));
    const saved = await tint('#a66');
    const result = await images.finish('one', saved, 'v1');
    expect(result).toEqual(await local.finish('one', saved, 'v1'));
    expect(await images.colours(result.file)).toEqual(await local.colours(result.file));
  });

  it('makes the photo with the look that it chooses: another size, and the strength of its colours', async () => {
    const local = new LocalImageProcessor(settings);
    const file = await photo();
    const none = () => Promise.resolve();
    const look = { size: 256, strength: 0 };
    const upload = async (of: typeof images | typeof local) =>
      (await of.prepare('look', file, 'photo', undefined, 'recolour', none, look)).upload;
    const small = await upload(images);
    expect(await sharp(small).metadata()).toMatchObject({ width: 256, height: 256 });
    expect(small).toEqual(await upload(local));
    const saved = await sharp(await tint('#a66'))
      .resize(256)
      .png()
      .toBuffer();
    const { file: grey } = await images.finish('look', saved, 'v1');
    const { channels } = await sharp(grey).stats();
    expect(new Set(channels.slice(0, 3).map(({ mean }) => Math.round(mean))).size).toBe(1);
  });

  it('decodes no photo of more than memory is reserved for, and says for how much it is to be', async () => {
    const raw = { width: 100, height: 100, channels: 1 } as const;
    const deep = sharp(new Uint16Array(10_000), { raw }).toColourspace('grey16');
    const file = await deep.tiff({ compression: 'deflate' }).toBuffer();
    const reserved: number[] = [];
    const reserve = async (load: number) => void reserved.push(load);
    const prepared = await images.prepare('deep', file, 'photo', undefined, 'recolour', reserve);
    expect(prepared).toMatchObject({ megapixels: 0.01, load: 0.02 });
    expect(reserved).toEqual([file.length / 1e6, 0.02]);
    images.discard('deep');
  });

  it('passes faults on, of the file and of the picture that the workflow saved', async () => {
    const text = Buffer.from('Dear grandmother,');
    for (const act of [() => images.inspect(text), () => images.prepare('bad', text)])
      await expect(act()).rejects.toMatchObject({ name: 'PermanentFault', code: 'unreadable-image' });
    await images.prepare('two', await photo(), 'chroma');
    await expect(images.finish('two', await tint('#777'), 'v1')).rejects.toMatchObject({
      name: 'InstanceFault',
    });
  });

  it('may be behind a Unix socket, one per connection', async () => {
    const path = join(tmpdir(), `image-process-${process.pid}.sock`);
    // As systemd does with Accept=yes.
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      spawn(process.execPath, [ENTRY], { stdio: ['ignore', 'ignore', 'inherit', socket], env: {} });
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const behind = new ImageProcesses(settings, 1, log, socketProcesses(path));
    try {
      const file = await photo();
      expect((await behind.prepare('one', file)).upload).toEqual((await images.prepare('one', file)).upload);
    } finally {
      behind.close();
      server.close();
      rmSync(path, { force: true });
    }
  });

  it('is no image process where none can be started', async () => {
    const none = new ImageProcesses(settings, 1, log, socketProcesses(join(tmpdir(), 'no-such.sock')));
    await expect(none.inspect(await photo())).rejects.toMatchObject({ name: 'InstanceFault' });
  });
});

/** What a process started in the same way sees. */
async function seen(script: string): Promise<unknown> {
  const file = join(tmpdir(), `image-process-${process.pid}.mjs`);
  writeFileSync(file, script);
  try {
    return await new Promise((resolve, reject) =>
      childProcesses(file)({
        received: ({ header }) => resolve(header),
        ended: (ended) => reject(new Error(JSON.stringify(ended))),
      }),
    );
  } finally {
    rmSync(file);
  }
}

const REPLY = `const text = Buffer.from(JSON.stringify(value)); const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(text.length); (await import('node:fs')).writeSync(3, Buffer.concat([lengths, text]));`;

describe('a child process', () => {
  it('has none of the worker’s environment', async () => {
    process.env.AWS_SECRET_ACCESS_KEY_FOR_THIS_TEST = 'secret';
    try {
      const names = await seen(`const value = Object.keys(process.env); ${REPLY}`);
      expect(
        (names as string[]).filter(
          (name) => !['PATH', 'PWD', 'SHLVL', '_', ...Object.keys(ALLOCATOR)].includes(name),
        ),
      ).toEqual([]);
    } finally {
      delete process.env.AWS_SECRET_ACCESS_KEY_FOR_THIS_TEST;
    }
  });

  it.each([
    [
      'leaves another one on the connection',
      `(await import('node:child_process')).spawn('sleep', ['4'], { stdio: [
      'ignore', 'ignore', 'ignore', 3], detached: true }).unref(); (await import('node:fs')).writeSync(3, '{no frame}');`,
    ],
    ['closes the connection and lives on', `(await import('node:fs')).closeSync(3);`],
  ])('that %s is ended at once', { timeout: 3500 }, async (_name, script) => {
    await expect(seen(`${script} setInterval(() => {}, 1000);`)).rejects.toThrow('SIGKILL');
  });

  it('says nothing more after what is no frame', async () => {
    const script = `const noFrame = Buffer.alloc(8, 0xff); const frame = Buffer.from('\\x02\\0\\0\\0\\0\\0\\0\\0{}', 'latin1');
      const more = Array.from({ length: 15_000 }, () => frame);
      (await import('node:fs')).writeSync(3, Buffer.concat([noFrame, ...more])); setInterval(() => {}, 1000);`;
    await expect(seen(script)).rejects.toThrow('SIGKILL');
  });

  it.runIf(process.platform === 'linux')(
    'has few files, and no network where it may have its own',
    async () => {
      const limits = await seen(
        `import { readFileSync } from 'node:fs'; import { networkInterfaces } from 'node:os';
       const value = { limits: readFileSync('/proc/self/limits', 'utf8'), interfaces: Object.keys(networkInterfaces()) }; ${REPLY}`,
      );
      expect(limits).toMatchObject({
        limits: expect.stringMatching(/Max open files +256 +256/) as string,
      });
      const { status } = spawnSync('unshare', ['--user', '--map-current-user', '--net', 'true']);
      if (status === 0) expect(limits).toMatchObject({ interfaces: [] });
    },
  );
});

it('the worker itself has no library that reads pictures', async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../../worker/main.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['sharp'],
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(outside).not.toContain('sharp');
  const [inside] = [Object.keys(metafile.inputs)];
  expect(inside.filter((file) => /imaging\/(decode|inspect|encode|paths|exif)|colour\//.test(file))).toEqual(
    [],
  );
});
