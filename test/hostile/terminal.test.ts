/** Names, answers of a service and arguments that control the terminal, through the commands. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeGateway, problem } from '../client/support/gateway.ts';
import { command, Folder, objects, type Ended } from '../cli/support/command.ts';
import { HOSTILE, unsafeIn } from './support/terminal-strings.ts';

let folder: Folder;
let gateway: FakeGateway | undefined;
beforeEach(() => (folder = new Folder()));
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  folder.remove();
});

/** All of it at once, with what a file name may have. */
const ALL = HOSTILE.map(([, foreign]) => foreign).join(' ');
const inName = (text: string) => text.replaceAll(/[/\0\ud800]/gu, '');

function expectSafe({ out, err }: Ended): void {
  for (const line of `${out}${err}`.split('\n')) expect(unsafeIn(line), JSON.stringify(line)).toEqual([]);
}

describe.runIf(process.platform === 'linux')('colour', () => {
  it.each(HOSTILE)('prints a photo named with %s escaped', async (_, foreign) => {
    const name = `${inName(foreign)}.jpg`;
    folder.write({ [name]: 'photo', 'other.jpg': 'photo' });
    gateway = await FakeGateway.start({ statusOf: () => ({ status: 'failed' }) });
    const ended = await command(folder.path, ['colour', '.', '--url', gateway.url]);
    expectSafe(ended);
    expect(ended.out).toContain('2 photos: 0 coloured, 2 failed.');
    // A forged line would be one more.
    expect(ended.out.split('\n').filter((line) => /^\d+ photos: /.test(line))).toHaveLength(1);
    const json = await command(folder.path, ['colour', '.', '--url', gateway.url, '--json']);
    expectSafe(json);
    expect(objects(json).map((one) => one.name)).toContain(name);
  });

  it('prints the reason of a failure record, an error of the service and a journal escaped', async () => {
    folder.write({ 'a.jpg': 'photo' });
    const failed = { code: 'unreadable-image', message: ALL, retryable: false } as const;
    gateway = await FakeGateway.start({ statusOf: () => ({ status: 'failed', failed }) });
    for (const more of [[], ['--quiet'], ['--json'], ['--retry']]) {
      expectSafe(await command(folder.path, ['colour', 'a.jpg', '--url', gateway.url, ...more]));
    }
    gateway.faults.create = Array.from({ length: 9 }, () =>
      problem(401, 'unauthorized', `${ALL}\n1 photo: 1 coloured.`),
    );
    folder.write({ 'b.jpg': 'photo' });
    const refused = await command(folder.path, ['colour', 'b.jpg', '--url', gateway.url]);
    expectSafe(refused);
    expect(`${refused.out}${refused.err}`).not.toMatch(/^1 photo: 1 coloured/m);
    expect(refused.code).toBe(1);
  });
});

describe('arguments', () => {
  it.each([
    ['an unknown command', [`x${ALL}`]],
    ['an unknown option', ['status', `--x${ALL}`]],
    ['a wrong choice', ['pause', `scale-${ALL}`]],
    ['a wrong value', ['status', '--stage', ALL]],
    ['a photo that is not there', ['colour', inName(ALL), '--url', 'http://127.0.0.1:9/']],
    ['a trace that is not there', ['simulate', '--trace', `${inName(ALL)}.csv`]],
  ])('of %s are printed escaped', async (_, args) => {
    const ended = await command(folder.path, args);
    expectSafe(ended);
    expect(ended.code).not.toBe(0);
  });

  it('of a trace with controls in its name are printed escaped', async () => {
    const name = `${inName(ALL).slice(0, 200)}.csv`;
    writeFileSync(join(folder.path, name), 't\n1\n2\n3\n');
    for (const more of [[], ['--json', '-']]) {
      const ended = await command(folder.path, [
        'simulate',
        '--trace',
        name,
        '--with',
        'max=2,horizon=600',
        '--no-bound',
        ...more,
      ]);
      expectSafe(ended);
      expect(ended.code, ended.err).toBe(0);
    }
  });
});
