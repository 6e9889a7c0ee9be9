/** Errors before a run starts: one line each. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPython } from '../../local/aws/venv.ts';
import type { StartOptions } from '../../local/options.ts';
import { UserError } from '../../common/errors.ts';
import { findPhotos, localKeys, samplePhotos } from '../../local/run/photos.ts';
import { sideKey } from '../../local/run/watch.ts';
import { Progress } from '../../common/progress.ts';
import { Scope } from '../../common/scope.ts';
import { run } from '../../local/start.ts';
import { startStandIn } from '../../local/comfyui/server.ts';

let folder: string;
let servers: Server[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-'));
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** Runs with these options. @returns the message of the UserError */
async function errorOf(options: Partial<StartOptions>): Promise<string> {
  const scope = new Scope();
  const context = {
    abort: new AbortController().signal,
    scope,
    progress: new Progress(process.stdout),
    results: join(folder, 'results'),
  };
  const error: unknown = await run({ count: 1, ...options }, context).catch((reason: unknown) => reason);
  await scope.close();
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

describe('npm start', () => {
  it('reports a port in use', async () => {
    const port = await serve((_request, response) => response.end());
    expect(await errorOf({ port })).toBe(`port ${port} is in use; choose another with --port.`);
  });

  it('reports a ComfyUI that does not answer', async () => {
    const port = await serve((_request, response) => response.end());
    for (const server of servers) server.close();
    const url = `http://127.0.0.1:${port}`;
    expect(await errorOf({ comfyui: url })).toMatch(
      new RegExp(`^--comfyui ${url}: no answer from ComfyUI \\(.*ECONNREFUSED.*\\)\\.$`),
    );
  });

  it('reports a server that is not ComfyUI', async () => {
    const port = await serve((_request, response) => response.end('{"hello":"world"}'));
    expect(await errorOf({ comfyui: `http://127.0.0.1:${port}` })).toContain(
      'the server there is not ComfyUI',
    );
  });

  it('reports a device other than the one of the stage', async () => {
    const standIn = await startStandIn({ port: 0, inferenceEnd: () => Promise.resolve(), device: 'cuda' });
    expect(await errorOf({ comfyui: standIn.url })).toMatch(
      /computes on cuda, and the stage 'local' expects cpu/,
    );
    await standIn.close();
  });

  it('reports a folder without photos', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'x');
    expect(await errorOf({ photos: folder })).toBe(
      `--photos '${folder}' has no JPEG, PNG, WebP, TIFF or AVIF file (1 other files).`,
    );
  });

  it('reports a folder that does not exist or is a file', async () => {
    const file = join(folder, 'photo.jpg');
    writeFileSync(file, 'x');
    expect(await errorOf({ photos: `${folder}/none` })).toBe(
      `--photos '${folder}/none': there is no such folder.`,
    );
    expect(await errorOf({ photos: file })).toBe(`--photos '${file}' is not a folder.`);
  });

  it('reports a summary that cannot be written', async () => {
    expect(await errorOf({ json: folder })).toBe(`--json '${folder}' is a folder.`);
    expect(await errorOf({ json: `${folder}/none/x.json` })).toContain('its folder is not writable');
  });

  it('reports which Python it needs and which it found', async () => {
    const path = process.env.PATH;
    const abort = new AbortController().signal;
    try {
      process.env.PATH = folder;
      await expect(findPython(abort)).rejects.toThrow(
        new UserError('Python 3.10 or newer is needed: none found on the PATH.'),
      );
      writeFileSync(join(folder, 'python3'), '#!/bin/sh\necho 3 8\n');
      chmodSync(join(folder, 'python3'), 0o755);
      await expect(findPython(abort)).rejects.toThrow('python3 is 3.8');
      writeFileSync(join(folder, 'python'), '#!/bin/sh\necho 3 12\n');
      chmodSync(join(folder, 'python'), 0o755);
      expect(await findPython(abort)).toBe('python');
    } finally {
      process.env.PATH = path;
    }
  });
});

describe('photos of both lanes', () => {
  it('are the last of the samples, with results of their own', async () => {
    const keys = (await samplePhotos(4, 1)).map(({ key }) => key);
    expect(keys.map((key) => key.split('/')[0])).toEqual(['incoming', 'incoming', 'incoming', 'bulk']);
    const [first = '', last = ''] = [keys[0], keys[3]];
    expect([sideKey('before', first), sideKey('after', first)]).toEqual([
      first,
      first.replace('incoming', 'results'),
    ]);
    expect([sideKey('before', last), sideKey('after', last)]).toEqual([
      last,
      last.replace('bulk', 'bulk-results'),
    ]);
    // A page may read photos and results only.
    expect(sideKey('before', 'failed/x.json')).toBeUndefined();
  });
});

describe('findPhotos', () => {
  it('finds photos in all subfolders, sorted, and names what it passes over and what it cannot read', async () => {
    mkdirSync(join(folder, 'Köln'));
    for (const name of ['b.TIFF', 'a.jpeg', 'Köln/c d.webp', 'x.txt', 'old.heic', '.hidden.jpg'])
      writeFileSync(join(folder, name), name);
    symlinkSync('nowhere', join(folder, 'gone.jpg'));
    const { photos, unread, skipped } = await findPhotos(folder);
    expect(photos.map(({ name }) => name)).toEqual(['Köln/c d.webp', 'a.jpeg', 'b.TIFF', 'old.heic']);
    expect(skipped.map(({ reason }) => reason)).toEqual(['hidden', 'not-a-picture']);
    expect(unread).toMatchObject([{ name: 'gone.jpg', code: 'not-read' }]);
    expect((await photos[1]?.read())?.toString()).toBe('a.jpeg');
    expect(photos[0]?.key).toBe('incoming/Köln/c d.webp');
  });

  it.each([
    ['there-is-none', ': there is no such folder.'],
    ['file', ' is not a folder.'],
    ['empty', ' has no JPEG, PNG, WebP, TIFF or AVIF file (0 other files).'],
  ])('rejects %s', async (name, why) => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'empty'));
    const path = join(folder, name);
    await expect(findPhotos(path)).rejects.toThrow(new UserError(`--photos '${path}'${why}`));
  });

  it('gives each photo a key that S3 and its events can hold', () => {
    const long = `${'写/'.repeat(200)}${'a'.repeat(251)}.jpg`;
    expect(
      localKeys(['1+1.jpg', '1\uff0b1.jpg', 'Gro\udcdf.jpg', 'Gro\udce4.jpg', 'a\nb/\u202e.jpg', long]),
    ).toEqual([
      '1\uff0b1.jpg',
      '1\uff0b1 (2).jpg',
      'Gro_.jpg',
      'Gro_ (2).jpg',
      'a_b/_.jpg',
      expect.stringMatching(/^long-names\/[0-9a-f]{16}\/a{251}\.jpg$/),
    ]);
    // The number is that of the file, not of a folder with a dot.
    expect(localKeys(['v1.2/1+1', 'v1.2/1\uff0b1'])).toEqual(['v1.2/1\uff0b1', 'v1.2/1\uff0b1 (2)']);
    // Twins are two objects.
    expect(localKeys(['A.jpg', 'a.jpg', 'u\u0308', '\u00fc'])).toEqual([
      'A.jpg',
      'a.jpg',
      'u\u0308',
      '\u00fc',
    ]);
  });
});
