/** The journal of a folder of results: its entries, and damaged last lines. */
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Journal, JOURNAL, type Entry } from '../../../cli/colour/journal.ts';
import { UserError } from '../../../common/errors.ts';
import { Folder } from '../support/command.ts';

let folder: Folder;
beforeEach(() => (folder = new Folder()));
afterEach(() => folder.remove());
const open = () => Journal.open(folder.path);
const file = () => join(folder.path, JOURNAL);

const photo = {
  service: 'https://a.example/',
  name: 'album/Grüße.jpg',
  source: '../album/Grüße.jpg',
  size: 3,
  mtimeMs: 1.5,
  sha256: 'p',
  id: 'x',
};
const sent: Entry = { ...photo, at: 1, state: 'sent' };
const made: Entry = { ...photo, at: 2, state: 'succeeded', result: 'r' };

it('is empty when the file does not exist', () => {
  expect(open().entry(photo.service, photo.name)).toBeUndefined();
});

it('returns the last entry of each photo for each service', () => {
  const journal = open();
  for (const entry of [sent, made, { ...sent, service: 's3://b' }]) journal.append(entry);
  for (const one of [journal, open()]) {
    expect(one.entry(photo.service, photo.name)).toEqual(made);
    expect(one.entry('s3://b', photo.name)).toMatchObject({ state: 'sent' });
    expect(one.entry('s3://c', photo.name)).toBeUndefined();
    expect(one.entry(photo.service, 'other.jpg')).toBeUndefined();
  }
});

it('recognises its results after later entries', () => {
  const journal = open();
  journal.append({ ...made, state: 'saving', result: 'q' });
  journal.append(made);
  journal.append({ ...photo, at: 3, state: 'announced', id: 'y' });
  for (const result of ['q', 'r']) expect(open().hasMade(photo.name, photo.source, result)).toBe(true);
  expect(open().hasMade(photo.name, photo.source, 's')).toBe(false);
  expect(open().hasMade(photo.name, '../other/Grüße.jpg', 'r')).toBe(false);
});

it.each([
  '{"at":3,"service":"https://a.exa',
  '\u0000\u0000',
  '{"state":"coloured"}',
  '{"state":"of a later version"}',
])('ignores the last line %j, and appends after it', (torn) => {
  open().append(sent);
  appendFileSync(file(), torn);
  const journal = open();
  expect(journal.entry(photo.service, photo.name)).toEqual(sent);
  journal.append({ ...made, name: 'b.jpg' });
  journal.append(made);
  expect(open().entry(photo.service, photo.name)).toEqual(made);
  expect(open().entry(photo.service, 'b.jpg')).toMatchObject({ state: 'succeeded' });
  expect(readFileSync(file(), 'utf8')).toMatch(/}\n$/);
});

it('fails with the reason when it cannot be read or written', () => {
  mkdirSync(file());
  expect(open).toThrow(UserError);
  expect(open).toThrow(/^The journal .* cannot be read: it is not a file/);
  writeFileSync(join(folder.path, 'file'), '');
  const nowhere = Journal.open(join(folder.path, 'missing'));
  expect(() => nowhere.append(sent)).toThrow(/^The journal .* cannot be written: ENOENT/);
  chmodSync(folder.path, 0o700);
});
