/** Photos of a command line, and the next step of each. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../../cli/colour/journal.ts';
import { findPhotos, readPhoto, type FoundPhoto } from '../../../cli/colour/photos.ts';
import { plan, type PlanOptions, type PlanPorts, type Step } from '../../../cli/colour/plan.ts';
import { Results } from '../../../cli/colour/results.ts';
import { UsageError } from '../../../common/errors.ts';
import { Folder } from '../support/command.ts';

const { signal } = new AbortController();

describe('photos', () => {
  let folder: Folder;
  beforeEach(() => (folder = new Folder()));
  afterEach(() => folder.remove());
  const at = (...parts: string[]) => join(folder.path, ...parts);
  const find = (inputs: string[], out = 'out', by = (name: string) => name) =>
    findPhotos(
      inputs.map((input) => at(input)),
      at(out),
      by,
    );

  it('are the named files, and the pictures in named folders and their subfolders', async () => {
    folder.write({
      'x/one.JPG': '1',
      'album/b.tiff': '2',
      'album/deep/er/a.webp': '3',
      'album/deep/notes.txt': '',
      'album/.thumbs/c.jpg': '',
      'album/._b.jpg': '',
      'album/gru\u0308ße.png': '4',
    });
    symlinkSync(at('album/deep/er/a.webp'), at('album/link.jpg'));
    symlinkSync(at('nowhere'), at('album/broken.jpg'));
    symlinkSync(at('album'), at('album/loop.jpg'));
    const { photos, skipped, unread } = await find(['x/one.JPG', 'album']);
    expect(photos.map(({ name, size }) => [name, size])).toEqual([
      ['one.JPG', 1],
      ['b.tiff', 1],
      ['deep/er/a.webp', 1],
      ['gr\u00fcße.png', 1],
      ['link.jpg', 1],
    ]);
    expect(skipped.map(({ path, reason }) => [path.replace(at('album/'), ''), reason])).toEqual([
      ['._b.jpg', 'hidden'],
      ['.thumbs', 'hidden'],
      ['deep/notes.txt', 'not-a-picture'],
      ['loop.jpg', 'linked-folder'],
    ]);
    expect(unread.map(({ name, code }) => [name, code])).toEqual([['broken.jpg', 'not-read']]);
  });

  it('do not include the folder of results', async () => {
    folder.write({ 'a.jpg': '', 'out/a.jpg': '', 'out/deep/b.jpg': '', 'outer/c.jpg': '' });
    const { photos } = await find(['']);
    expect(photos.map(({ name }) => name)).toEqual(['a.jpg', 'outer/c.jpg']);
  });

  it.each<[inputs: string[], out: string, said: RegExp]>([
    [['missing.jpg'], 'out', /missing\.jpg': there is no such file or folder\.$/],
    [
      ['a/notes.txt'],
      'out',
      /notes\.txt' is not a picture by its name or content: JPEG, PNG, WebP, TIFF and AVIF/,
    ],
    [
      ['empty', 'texts'],
      'out',
      /^No JPEG, PNG, WebP, TIFF or AVIF file in '.*empty', '.*texts' \(1 other files\)\.$/,
    ],
    [
      ['a/one.jpg', 'b'],
      'out',
      /^'.*a\/one\.jpg' and '.*b\/one\.jpg' would both be written to '.*out\/one\.jpg': choose an --out for each/,
    ],
    [['a/one.jpg', 'a'], 'out', /^'.*a\/one\.jpg' is named twice\.$/],
    [['a'], 'a', /^'.*a\/one\.jpg' would be written over a photo, '.*': choose another --out\.$/],
    [['a/one.jpg'], 'linked', /would be written over a photo/],
  ])('%s with the results in %s are rejected', async (inputs, out, said) => {
    folder.write({ 'a/one.jpg': '', 'a/notes.txt': '', 'b/one.jpg': '', 'texts/notes.txt': '' });
    mkdirSync(at('empty'));
    symlinkSync(at('a'), at('linked'));
    const error = (await find(inputs, out).catch((one: unknown) => one)) as Error;
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(said);
  });

  it('have equal names when only case differs, on a file system that ignores case', async () => {
    folder.write({ 'a/One.jpg': '', 'b/one.jpg': '' });
    expect((await find(['a', 'b'])).photos).toHaveLength(2);
    await expect(find(['a', 'b'], 'out', (name) => name.toLowerCase())).rejects.toThrow(
      'would both be written',
    );
  });

  it('get complete results', async () => {
    const results = new Results(at('out'));
    await results.prepare();
    await results.save('deep/a.jpg', Buffer.from('one'));
    await results.save('deep/a.jpg', Buffer.from('two'));
    expect(await results.sha256('deep/a.jpg')).toBe(
      await readPhoto({ path: at('out/deep/a.jpg') }).then((one) => one.sha256),
    );
    expect(await results.exists('deep/b.jpg')).toBe(false);
    mkdirSync(at('out/c.jpg'));
    await expect(results.save('c.jpg', Buffer.from('one'))).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    folder.write({ file: '' });
    await expect(new Results(at('file')).prepare()).rejects.toThrow(
      /^--out '.*file' cannot be written: EEXIST/,
    );
  });
});

describe('the next step', () => {
  const found: FoundPhoto = { path: 'in/a.jpg', name: 'a.jpg', size: 3, mtimeMs: 1 };
  const sent = {
    service: 'S',
    name: 'a.jpg',
    source: '../in/a.jpg',
    size: 3,
    mtimeMs: 1,
    sha256: 'p',
    id: 'x',
  };
  const entry = (more: object) => ({ ...sent, at: 0, ...more }) as Entry;
  const announced = entry({ state: 'announced' });
  const open = entry({ state: 'sent' });
  const saving = entry({ state: 'saving', result: 'r' });
  const coloured = entry({ state: 'succeeded', result: 'r' });
  const refused = entry({ state: 'failed', code: 'too-large', message: 'm', retryable: false });
  const exhausted = entry({ state: 'failed', code: 'retries-exhausted', message: 'm', retryable: true });
  const follow = (state: string): Step => ({ kind: 'follow', sent, state }) as Step;
  const send: Step = { kind: 'send' };
  const done: Step = { kind: 'done' };

  interface Case {
    last?: Entry;
    /** SHA-256 of the file with the result's name. */
    result?: string;
    made?: string[];
    photo?: Partial<FoundPhoto>;
    /** SHA-256 of the photo. */
    is?: string;
    options?: Partial<PlanOptions>;
    /** Undefined: another file has the result's name. */
    step: Step | undefined;
  }
  const cases: Record<string, Case> = {
    'a photo that was never sent': { step: send },
    'one that was sent': { last: open, step: follow('sent') },
    'one that was announced and may have arrived': { last: announced, step: follow('announced') },
    'one that is done': { last: coloured, result: 'r', made: ['r'], step: done },
    'one that is done, with an edited result': {
      last: coloured,
      result: 'theirs',
      step: done,
    },
    'one whose result was deleted': { last: coloured, made: ['r'], step: follow('sent') },
    'one interrupted before its result was renamed': { last: saving, made: ['r'], step: follow('sent') },
    'one interrupted after its result was renamed': { last: saving, result: 'r', made: ['r'], step: done },
    'one interrupted before its result was renamed, with an older result': {
      last: saving,
      result: 'q',
      made: ['q', 'r'],
      step: follow('sent'),
    },
    'one that was refused': {
      last: refused,
      step: { kind: 'failed', code: 'too-large', message: 'm', before: true },
    },
    'one that was refused, with --retry': {
      last: refused,
      options: { retry: true },
      step: send,
    },
    'one that failed and may succeed': { last: exhausted, step: follow('failed') },
    'one with a new time and the same content': {
      last: open,
      photo: { mtimeMs: 2 },
      is: 'p',
      step: { ...follow('sent'), sent: { ...sent, mtimeMs: 2 } } as Step,
    },
    'one with new content': { last: open, photo: { mtimeMs: 2 }, is: 'q', step: send },
    'one that was sent with other options': { last: open, options: { chosen: { strength: 80 } }, step: send },
    'one that is done without the options of before': {
      last: entry({ state: 'succeeded', result: 'r', options: { preset: 'buildings' } }),
      result: 'r',
      made: ['r'],
      step: send,
    },
    'one that was sent with the same options': {
      last: entry({ state: 'sent', options: { preset: 'buildings', strength: 80 } }),
      options: { chosen: { strength: 80, preset: 'buildings' } },
      step: {
        ...follow('sent'),
        sent: { ...sent, options: { preset: 'buildings', strength: 80 } },
      } as Step,
    },
    'one with another size': { last: open, photo: { size: 4 }, step: send },
    'one that can no longer be read': { last: open, photo: { mtimeMs: 2 }, step: send },
    'one with new content and its old result': {
      last: coloured,
      photo: { size: 4 },
      result: 'r',
      made: ['r'],
      step: send,
    },
    'one with new content and an edited result': {
      last: coloured,
      photo: { size: 4 },
      result: 'theirs',
      made: ['r'],
      step: undefined,
    },
    'one whose result has the name of another file': { result: 'theirs', step: undefined },
    'one whose result has the name of another file, with --force': {
      result: 'theirs',
      options: { force: true },
      step: send,
    },
    'one that was sent, whose result has the name of another file': {
      last: open,
      result: 'theirs',
      step: undefined,
    },
    'one that another service coloured': { result: 'r', made: ['r'], step: send },
  };

  const planned = async ({ last, result, made = [], photo, is, options }: Case) => {
    const ports: PlanPorts = {
      service: 'S',
      journal: {
        entry: () => last,
        hasMade: (name, source, one) => name === 'a.jpg' && source === '../in/a.jpg' && made.includes(one),
      },
      results: {
        folder: 'out',
        refusal: async () => undefined,
        exists: async () => result !== undefined,
        sha256: async () => result,
      },
      sha256: async () => is,
    };
    return plan([{ ...found, ...photo }], ports, { force: false, retry: false, ...options }, signal);
  };

  it.each(Object.entries(cases))('of %s', async (_name, one) => {
    if (one.step) expect((await planned(one))[0]).toMatchObject({ source: '../in/a.jpg', step: one.step });
    else
      await expect(planned(one)).rejects.toThrow(
        /^In 'out', 'a\.jpg' \(1\) were not made by this command .* --force\.$/,
      );
  });

  it('of a moved photo is that of the photo at its old path', async () => {
    const [job] = await planned({
      last: coloured,
      photo: { path: 'elsewhere/a.jpg' },
      is: 'p',
      result: 'r',
      step: done,
    });
    expect(job?.step).toEqual(done);
  });

  it('is not computed after an abort', async () => {
    const ports = {} as PlanPorts;
    const abort = AbortSignal.abort(new Error('enough'));
    await expect(plan([found], ports, { force: false, retry: false }, abort)).rejects.toThrow('enough');
  });
});
