/** What `colour` makes of every kind of file and name that a folder can have: a table of outcomes, with their exit codes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeGateway } from '../../client/support/gateway.ts';
import { command, Folder, objects, type Ended } from '../support/command.ts';
import { asNobody } from '../support/nobody.ts';

const JPEG = Buffer.from('\xff\xd8\xff\xe0jpeg', 'latin1');
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const TIFF = Buffer.from('II*\0tiff', 'latin1');
const WEBP = Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1');
const HEIC = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1');

interface Album {
  folder: Folder;
  gateway: FakeGateway;
  ended: Ended;
  lines: Record<string, unknown>[];
}

/** Puts entries into `album/`, and colours it. @param make gets the path of the album */
async function colouredAlbum(make: ((album: string) => unknown)[]): Promise<Album> {
  const folder = new Folder().write({ 'album/a good one.jpg': JPEG });
  const gateway = await FakeGateway.start({ statusOf: () => ({ status: 'succeeded' }) });
  for (const one of make) one(join(folder.path, 'album'));
  const ended = await asNobody(folder.path, () =>
    command(folder.path, ['colour', 'album', '--url', gateway.url, '--json']),
  );
  await gateway.close();
  return { folder, gateway, ended, lines: objects(ended) };
}

const put =
  (name: string, body: Buffer = JPEG, mode?: number) =>
  (album: string) => {
    mkdirSync(dirname(join(album, name)), { recursive: true });
    writeFileSync(join(album, name), body, { mode });
  };
const link = (name: string, target: string) => (album: string) => symlinkSync(target, join(album, name));
const pipe = (name: string) => (album: string) => execFileSync('mkfifo', [join(album, name)]);
const bytes = (album: string, name: string) =>
  Buffer.concat([Buffer.from(`${album}/`), Buffer.from(name, 'latin1')]);

/** Of each kind: what to put into the album, and the type that it is sent as. Its result has the same name. */
const SENT: Record<string, [name: string, body?: Buffer, type?: string]> = {
  '.JPG': ['A.JPG'],
  '.jfif': ['a.jfif'],
  '.jpe': ['a.JPE'],
  '.tif': ['a.tif', TIFF, 'image/tiff'],
  '.TIFF': ['a.TIFF', TIFF, 'image/tiff'],
  'no extension, JPEG': ['IMG_0001'],
  'no extension, WebP': ['Opa 12.5.1931', WEBP, 'image/webp'],
  'the extension of a copy': ['a.jpg.bak', PNG, 'image/png'],
  'a wrong extension': ['png.jpg', PNG, 'image/png'],
  'a content that only the worker can judge': ['text.png', Buffer.from('text'), 'image/png'],
  'a name that begins with -': ['-rf.jpg'],
  'a name of 255 bytes': [`${'x'.repeat(251)}.jpg`],
  'a name of 255 bytes, in Chinese': [`${'写'.repeat(83)}_.jpg`],
  'a device of Windows': ['con .jpg'],
  'characters that Windows has not': ['a<b>:"|?*.jpg'],
  'control characters': ['a\n\u001b[2Jb.jpg'],
  'a blank at the end': ['a.jpg '],
  'case twins': ['twin.JPG'],
  'other case twins': ['Twin.jpg'],
  'a composed name': ['gr\u00fc\u00dfe.jpg'],
  'its twin, decomposed': ['gru\u0308\u00dfe.jpg'],
};

/** Passed over, which does not change the exit code. */
const SKIPPED: Record<string, [make: (album: string) => unknown, path: string, reason: string]> = {
  'a text': [put('notes.txt', Buffer.from('text')), 'notes.txt', 'not-a-picture'],
  'an unreadable text': [put('secret.txt', JPEG, 0), 'secret.txt', 'not-a-picture'],
  '0 bytes without extension': [put('empty', Buffer.alloc(0)), 'empty', 'not-a-picture'],
  'a thumbnail of a camera': [put('MVI_1.THM'), 'MVI_1.THM', 'not-a-picture'],
  '.DS_Store': [put('.DS_Store'), '.DS_Store', 'hidden'],
  '._x.jpg': [put('._x.jpg'), '._x.jpg', 'hidden'],
  'Thumbs.db': [put('Thumbs.db'), 'Thumbs.db', 'hidden'],
  '@eaDir': [put('@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg'), '@eaDir', 'hidden'],
  'a link to the folder above': [link('up.jpg', '..'), 'up.jpg', 'linked-folder'],
  'a link to another folder': [link('other', '/usr'), 'other', 'linked-folder'],
  'a dangling link to no picture': [link('gone.txt', 'nowhere'), 'gone.txt', 'not-a-picture'],
  'a link out of the folder, to no picture': [link('host.txt', '/etc/hosts'), 'host.txt', 'not-a-picture'],
  'a named pipe without extension': [pipe('pipe'), 'pipe', 'special-file'],
};

/** Not coloured: exit code 1, and the others are. */
const FAILED: Record<string, [make: (album: string) => unknown, name: string, code: string, why: RegExp]> = {
  'HEIC by its content': [put('iphone.jpg', HEIC), 'iphone.jpg', 'unsupported-type', /not taken/],
  'HEIC without extension': [put('iphone', HEIC), 'iphone', 'unsupported-type', /not taken/],
  'camera raw, a TIFF by its content': [put('a.NEF', TIFF), 'a.NEF', 'unsupported-type', /not taken/],
  '0 bytes': [put('empty.jpg', Buffer.alloc(0)), 'empty.jpg', 'unreadable-image', /empty/],
  'an unreadable file': [put('b.jpg', JPEG, 0), 'b.jpg', 'not-read', /permission denied \(EACCES\)/],
  'an unreadable file without extension': [put('b', JPEG, 0), 'b', 'not-read', /permission denied/],
  'an unreadable folder': [
    (album) => mkdirSync(join(album, 'closed'), { mode: 0 }),
    'closed/',
    'not-read',
    /^The folder cannot be read: permission denied \(EACCES\)\.$/,
  ],
  'a dangling link': [link('c.jpg', 'nowhere'), 'c.jpg', 'not-read', /'nowhere': there is no such file/],
  'a dangling link without extension': [link('c', 'nowhere'), 'c', 'not-read', /there is no such file/],
  'a link to itself': [link('d.jpg', 'd.jpg'), 'd.jpg', 'not-read', /leads to itself \(ELOOP\)/],
  'a link out of the folder': [
    link('e.jpg', '/etc/hosts'),
    'e.jpg',
    'link-outside',
    /'\/etc\/hosts': name that/,
  ],
  'a link to a device': [link('f.jpg', '/dev/zero'), 'f.jpg', 'not-a-file', /a device, not a file/],
  'a named pipe': [pipe('g.jpg'), 'g.jpg', 'not-a-file', /a named pipe, not a file/],
  'a file in the place of a folder of results': [
    (album) => {
      put('h/i.jpg')(album);
      put('../coloured/h')(album);
    },
    'h/i.jpg',
    'not-written',
    /cannot be saved as 'coloured\/h\/i.jpg': a file has the name of its folder/,
  ],
};

describe('photos and what is passed over', () => {
  let album: Album;
  beforeAll(async () => {
    album = await colouredAlbum([
      ...Object.values(SENT).map(([name, body]) => put(name, body)),
      ...Object.values(SKIPPED).map(([make]) => make),
      link('linked.jpg', 'a good one.jpg'),
    ]);
  });
  afterAll(() => album.folder.remove());

  it('are no failure', () => {
    const { ended, lines } = album;
    expect(ended).toMatchObject({ code: 0, err: '' });
    const succeeded = Object.keys(SENT).length + 2;
    expect(lines.at(-1)).toMatchObject({ exit: 0, succeeded, skipped: Object.keys(SKIPPED).length });
  });

  it.each(Object.entries(SENT))('%s is sent', (_kind, [name, , type = 'image/jpeg']) => {
    const { lines, gateway, folder } = album;
    expect(lines).toContainEqual(expect.objectContaining({ name, outcome: 'succeeded' }));
    expect(readdirSync(join(folder.path, 'coloured'))).toContain(name);
    const sent = [...gateway.photos.values()].map(({ wanted }) => `${wanted.name} ${wanted.type}`);
    // The API allows no control characters.
    expect(sent).toContain(`${name.replace(/[\n\u001b]/g, '_')} ${type}`);
  });

  it('a link to a file of the folder is followed', () =>
    expect(album.lines).toContainEqual(
      expect.objectContaining({ name: 'linked.jpg', outcome: 'succeeded' }),
    ));

  it.each(Object.entries(SKIPPED))('%s is passed over', (_kind, [, path, reason]) =>
    expect(album.lines).toContainEqual({ type: 'skipped', path: `album/${path}`, reason }),
  );
});

describe('among good photos', () => {
  let album: Album;
  beforeAll(async () => void (album = await colouredAlbum(Object.values(FAILED).map(([make]) => make))));
  afterAll(() => album.folder.remove());

  it('failures are exit code 1, and the good ones are coloured', () => {
    expect(album.ended).toMatchObject({ code: 1, err: '' });
    expect(album.lines).toContainEqual(
      expect.objectContaining({ name: 'a good one.jpg', outcome: 'succeeded' }),
    );
    const failed = Object.keys(FAILED).length;
    expect(album.lines.at(-1)).toMatchObject({ exit: 1, succeeded: 1, failed, open: 0, skipped: 0 });
    // What was refused before it was sent cost nothing: two formats are the API's to refuse, and were not created.
    expect([...album.gateway.photos.values()].map(({ wanted }) => wanted.name)).toEqual(['a good one.jpg']);
  });

  it.each(Object.entries(FAILED))('%s has its reason', (_kind, [, name, code, message]) =>
    expect(album.lines).toContainEqual(
      expect.objectContaining({
        name,
        outcome: 'failed',
        code,
        message: expect.stringMatching(message) as string,
      }),
    ),
  );
});

// Other systems have no such names.
if (process.platform === 'linux') {
  it('names that are not UTF-8 are kept to the byte', async () => {
    const names = ['Gro\xdfmutter.jpg', 'Gro\xdf.jpg', '\x8e\xca\x90^.jpg', '\xff\xc3\xbc\xe2\x82.jpg'];
    const { folder, gateway, ended, lines } = await colouredAlbum(
      names.map((name) => (album: string) => writeFileSync(bytes(album, name), JPEG)),
    );
    expect(ended).toMatchObject({ code: 0, err: '' });
    const results = readdirSync(join(folder.path, 'coloured'), { encoding: 'buffer' });
    expect(results.map((name) => name.toString('latin1'))).toEqual(expect.arrayContaining(names));
    // In JSON a byte is a lone surrogate, as in Python.
    expect(lines).toContainEqual(
      expect.objectContaining({ name: 'Gro\udcdfmutter.jpg', outcome: 'succeeded' }),
    );
    const sent = [...gateway.photos.values()].map(({ wanted }) => wanted.name);
    expect(sent).toEqual(expect.arrayContaining(['Gro_mutter.jpg', '_\u0290^.jpg', '_\u00fc__.jpg']));
    folder.remove();
  });
}
