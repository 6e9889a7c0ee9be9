/** Rules of `watch-folder`: which photos are due, what the journal remembers, whose files are left alone, and who may fill a folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Results } from '../../../cli/colour/results.ts';
import { FolderBucket } from '../../../cli/watch-folder/folder-bucket.ts';
import { FolderQueue } from '../../../cli/watch-folder/folder-queue.ts';
import { Journal, JOURNAL, type Entry } from '../../../cli/watch-folder/journal.ts';
import { LOCK, lockFolder } from '../../../cli/watch-folder/lock.ts';
import { dueOf } from '../../../cli/watch-folder/scan.ts';
import { parseJobMessage } from '../../../contract/job.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const entryOf = (more: Partial<Entry> = {}): Entry => ({
  at: 10,
  name: 'a.jpg',
  size: 5,
  mtimeMs: 1,
  sha256: 's',
  outcome: 'succeeded',
  made: 'm',
  bytes: 3,
  metadata: {},
  ...more,
});
const file = (more: object = {}) => ({ path: '/in/a.jpg', name: 'a.jpg', size: 5, mtimeMs: 1, ...more });

describe('a file is due', () => {
  const before = new Map([['a.jpg', file()]]);
  const failed = (at: number, retryable: boolean) => entryOf({ outcome: 'failed', retryable, at });
  it.each<
    [
      what: string,
      file: object,
      given: { before?: Map<string, ReturnType<typeof file>>; entry?: Entry; queued?: boolean },
      found: string,
    ]
  >([
    ['after two looks at which it was the same', {}, {}, 'due'],
    ['not at the first look', {}, { before: new Map() }, 'unsettled'],
    ['not while it grows', { size: 9 }, {}, 'unsettled'],
    ['not while it is written at the same size', { mtimeMs: 2 }, {}, 'unsettled'],
    ['not while it is in the queue', {}, { queued: true }, 'none'],
    ['not with an outcome', {}, { entry: entryOf() }, 'none'],
    [
      'again when it was replaced after its outcome',
      { mtimeMs: 7 },
      { before: new Map([['a.jpg', file({ mtimeMs: 7 })]]), entry: entryOf() },
      'due',
    ],
    ['again after a failure of an earlier run that may pass', {}, { entry: failed(10, true) }, 'due'],
    ['not after one of this run', {}, { entry: failed(200, true) }, 'none'],
    ['not after one that stays', {}, { entry: failed(10, false) }, 'none'],
    [
      'not with a path that is too long',
      { name: 'x'.repeat(1020) },
      { before: new Map([['x'.repeat(1020), file()]]) },
      'too long',
    ],
  ])('%s', (_, facts, { before: last = before, entry, queued = false }, wanted) => {
    const found = dueOf({
      files: [file(facts)],
      before: last,
      outcomeOf: () => entry,
      isQueued: () => queued,
      startedAtMs: 100,
    });
    const { due, unsettled, tooLong } = found;
    const is = due.length ? 'due' : unsettled ? 'unsettled' : tooLong.length ? 'too long' : 'none';
    expect(is).toBe(wanted);
  });
});

describe('the journal', () => {
  it('knows each outcome again, also after a line that was cut off', () => {
    const journal = Journal.open(folder);
    journal.append(entryOf());
    appendFileSync(join(folder, JOURNAL), '{"at":1,"na');
    Journal.open(folder).append(entryOf({ name: 'b.jpg', outcome: 'failed' }));
    const again = Journal.open(folder);
    expect(again.of('a.jpg')).toEqual(entryOf());
    expect(again.ofFile('b.jpg.failed.json')).toEqual(entryOf({ name: 'b.jpg', outcome: 'failed' }));
    expect(again.ofFile('b.jpg')).toBeUndefined();
  });

  it('that cannot be read ends the command', () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    expect(() => Journal.open(folder)).toThrow(/cannot be read/);
  });
});

describe('a file in the folder of results', () => {
  const bucketOf = () => {
    const journal = Journal.open(folder);
    return new FolderBucket({
      ...{ photos: folder, metadata: {}, results: new Results(folder), journal },
      ...{ written: () => undefined, failed: () => undefined, now: () => 1 },
    });
  };
  const write = { body: Buffer.from('one'), contentType: 'image/jpeg', sourceEtag: 's', trace: 't' };

  it.each<[what: string, change: (path: string) => void, why: RegExp]>([
    ['that was there before', () => undefined, /a file of its name is in the folder/],
    ['that another program has changed', (path) => writeFileSync(path, 'cropped'), /was changed since/],
  ])('%s is never replaced', async (_, change, why) => {
    const path = join(folder, 'a.jpg');
    const bucket = bucketOf();
    if (why.source.includes('changed')) await bucket.put('results/a.jpg', write, undefined);
    else writeFileSync(path, 'mine');
    change(path);
    const own = readFileSync(path, 'utf8');
    expect(await bucket.foreign('a.jpg', 'succeeded')).toMatch(why);
    const etag = (await bucket.head('results/a.jpg'))?.etag;
    await expect(bucket.put('results/a.jpg', write, etag)).rejects.toThrow(why);
    if (etag !== undefined) await bucket.delete('results/a.jpg', etag);
    expect(readFileSync(path, 'utf8')).toBe(own);
  });

  it('that cannot be written any more ends the command', async () => {
    let failed: Error | undefined;
    const journal = Journal.open(folder);
    const bucket = new FolderBucket({
      ...{ photos: folder, metadata: {}, results: new Results(folder), journal },
      ...{ written: () => undefined, failed: (error) => (failed = error), now: () => 1 },
    });
    mkdirSync(join(folder, JOURNAL));
    await expect(bucket.put('results/a.jpg', write, undefined)).rejects.toThrow();
    expect(failed?.message).toMatch(/journal .* cannot be written/);
  });
});

describe('an outcome', () => {
  const upload = (text: string) => writeFileSync(join(folder, 'in', 'a.jpg'), text);
  const isDue = (journal: Journal) => {
    const { size, mtimeMs } = statSync(join(folder, 'in', 'a.jpg'));
    const now = file({ size, mtimeMs });
    const before = new Map([['a.jpg', now]]);
    const outcomeOf = (name: string) => journal.of(name);
    return dueOf({ files: [now], before, outcomeOf, isQueued: () => false, startedAtMs: 0 }).due.length === 1;
  };
  const world = () => {
    mkdirSync(join(folder, 'in'));
    const journal = Journal.open(folder);
    const bucket = new FolderBucket({
      ...{ photos: join(folder, 'in'), metadata: {}, results: new Results(folder), journal },
      ...{ written: () => undefined, failed: () => undefined, now: () => 1 },
    });
    const write = async (sourceEtag: string) =>
      bucket.put('results/a.jpg', { ...CONTENT, sourceEtag }, (await bucket.head('results/a.jpg'))?.etag);
    const etag = async () => (await bucket.head('incoming/a.jpg'))!.etag;
    return { journal, bucket, write, etag };
  };
  const CONTENT = { body: Buffer.from('one'), contentType: 'image/jpeg', trace: 't' };

  it('of a photo that was replaced meanwhile is not that of the new one', async () => {
    const { journal, write, etag } = world();
    upload('one');
    const first = await etag();
    upload('other');
    const second = await etag();
    await write(first);
    expect(isDue(journal)).toBe(true);
    await write(second);
    expect(isDue(journal)).toBe(false);
  });

  it('that was deleted as that of an earlier version leaves the photo to be coloured', async () => {
    const { journal, bucket, write, etag } = world();
    upload('one');
    const made = await write(await etag());
    await bucket.delete('results/a.jpg', made);
    expect(isDue(journal)).toBe(true);
  });

  it('replaces the failure of an earlier version, and stays', async () => {
    const { journal, bucket, write, etag } = world();
    upload('one');
    const record = {
      code: 'unreadable-image',
      message: 'x',
      retryable: false,
      key: 'incoming/a.jpg',
      etag: 'e',
    };
    const failed = await bucket.put(
      'failed/a.jpg.json',
      { ...CONTENT, body: Buffer.from(JSON.stringify(record)), sourceEtag: await etag() },
      undefined,
    );
    await write(await etag());
    await bucket.delete('failed/a.jpg.json', failed);
    expect(existsSync(join(folder, 'a.jpg.failed.json'))).toBe(false);
    expect(isDue(journal)).toBe(false);
  });
});

describe('the queue', () => {
  let now = 0;
  const queueOf = () =>
    new FolderQueue(
      () => now,
      () => 0,
    );

  it('gives each photo once until it is returned, with any name', async () => {
    const queue = queueOf();
    const name = 'incoming/Grüße \udce4 1+1.jpg';
    queue.add(name, 'e');
    queue.add(name, 'e');
    const message = (await queue.receive('interactive', false))!;
    expect(parseJobMessage(message.body)).toMatchObject([{ bucket: 'folder', key: name, etag: 'e' }]);
    queue.add(name, 'e');
    expect(await queue.receive('interactive', false)).toBeUndefined();
    await queue.hide(message, 5);
    now = 4999;
    expect(await queue.receive('interactive', false)).toBeUndefined();
    now = 5000;
    expect(await queue.receive('interactive', false)).toMatchObject({ id: message.id, receiveCount: 2 });
    await queue.delete(message);
    expect([queue.size, queue.has(name)]).toEqual([0, false]);
  });
});

describe('two commands', () => {
  it('cannot fill one folder, and the lock of one that was killed does not stay', async () => {
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    writeFileSync(join(folder, LOCK), String(other.pid));
    expect(() => lockFolder(folder)).toThrow(new RegExp(`Process ${other.pid} fills`));
    other.kill('SIGKILL');
    await once(other, 'exit');
    const unlock = lockFolder(folder);
    expect(readFileSync(join(folder, LOCK), 'utf8')).toBe(String(process.pid));
    unlock();
    expect(existsSync(join(folder, LOCK))).toBe(false);
  });
});
