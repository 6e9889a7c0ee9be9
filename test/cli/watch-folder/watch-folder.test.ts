/**
 * `watch-folder` with the stand-in ComfyUI, which is restarted while photos are dropped into the folder. The full form (FULL=1) drops 50 and
 * restarts it twice.
 */
import {
  readFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commandLine } from '../../../cli/commands.ts';
import { JOURNAL } from '../../../cli/watch-folder/journal.ts';
import { startStandIn, type StandIn } from '../../../local/comfyui/server.ts';
import { until } from '../../support/wait.ts';

const [PHOTOS, RESTARTS] = process.env.FULL ? [50, 2] : [8, 1];

let folder: string;
let lines: string[];
const at = (...names: string[]) => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-folder-'));
  mkdirSync(at('in'));
  lines = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) =>
    Boolean(lines.push(...String(text).trimEnd().split('\n'))),
  );
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const start = (port = 0): Promise<StandIn> =>
  startStandIn({ port, device: 'cpu', inferenceEnd: (_, photos) => sleep(60 * photos) });
const colour = async (url: string, ...more: string[]): Promise<number> => {
  const args = ['watch-folder', at('in'), at('out'), '--comfyui', url, '--poll', '0.1', '--once', ...more];
  return (await commandLine(args)).run(args);
};
const photo = (k: number) =>
  sharp({ create: { width: 40 + k, height: 30, channels: 3, background: { r: k, g: k, b: k } } })
    .jpeg()
    .toBuffer();
const journal = () =>
  (existsSync(at('out', JOURNAL)) ? readFileSync(at('out', JOURNAL), 'utf8').trimEnd().split('\n') : []).map(
    (line) => JSON.parse(line) as { at: number; name: string; outcome: string },
  );

describe('photos that are dropped while ComfyUI restarts', () => {
  it(`have an outcome each, and none twice (${PHOTOS} photos, ${RESTARTS} restarts)`, async () => {
    let standIn = await start();
    const port = Number(new URL(standIn.url).port);
    writeFileSync(at('in', 'first.jpg'), await photo(0));
    const done = colour(standIn.url);
    const restarts = async () => {
      for (let k = 1; k <= RESTARTS; k++) {
        await until(journal, (entries) => entries.length >= (k * PHOTOS) / (RESTARTS + 1));
        await standIn.close();
        await sleep(300);
        standIn = await start(port);
      }
    };
    const dropping = async () => {
      for (let k = 1; k < PHOTOS; k++) {
        // Some in two parts, as a scanner writes them; some broken; some in a folder of their own.
        const body = k % 7 === 3 ? Buffer.from('no picture') : await photo(k);
        const name = k % 5 === 0 ? join('Grüße aus Köln', `${k}.jpg`) : `${k}.jpg`;
        mkdirSync(at('in', 'Grüße aus Köln'), { recursive: true });
        writeFileSync(at('in', name), body.subarray(0, 8));
        await sleep(20);
        writeFileSync(at('in', name), body);
      }
    };
    await Promise.all([dropping(), restarts()]);
    const exit = await done;
    await standIn.close();
    const entries = journal();
    const names = entries.map(({ name }) => name);
    expect(new Set(names).size).toBe(PHOTOS);
    expect(names.length).toBe(PHOTOS);
    const broken = Array.from({ length: PHOTOS }, (_, k) => k).filter((k) => k % 7 === 3 && k > 0).length;
    expect(entries.filter(({ outcome }) => outcome === 'failed').length).toBe(broken);
    const files = readdirSync(at('out'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.jpg/.test(name),
    );
    expect(files.length).toBe(PHOTOS);
    const made = await sharp(at('out', 'first.jpg')).metadata();
    expect([made.width, made.height]).toEqual([40, 30]);
    expect(exit).toBe(1);
    expect(lines.at(-1)).toBe(`${PHOTOS - broken} coloured, ${broken} failed.`);
  }, 170_000);
});

describe('a second run', () => {
  it('colours only what is new or replaced, also when results were moved away and photos copied again', async () => {
    const standIn = await start();
    writeFileSync(at('in', 'a.jpg'), await photo(1));
    writeFileSync(at('in', 'b.jpg'), await photo(2));
    expect(await colour(standIn.url)).toBe(0);
    mkdirSync(at('album'));
    renameSync(at('out', 'a.jpg'), at('album', 'a.jpg'));
    utimesSync(at('in', 'a.jpg'), new Date(), new Date());
    writeFileSync(at('in', 'b.jpg'), await photo(60));
    writeFileSync(at('in', 'c.jpg'), await photo(3));
    expect(await colour(standIn.url)).toBe(0);
    await standIn.close();
    // A photo that was copied again has its outcome's line once more, with the time of the outcome.
    const made = new Set(journal().map(({ name, at: time }) => `${name} ${time}`));
    expect([...made].map((line) => line.split(' ')[0]).toSorted()).toEqual([
      'a.jpg',
      'b.jpg',
      'b.jpg',
      'c.jpg',
    ]);
    expect(existsSync(at('out', 'a.jpg'))).toBe(false);
    expect((await sharp(at('out', 'b.jpg')).metadata()).width).toBe(100);
  }, 60_000);

  it('leaves files of others alone, and says so', async () => {
    const standIn = await start();
    writeFileSync(at('in', 'a.jpg'), await photo(1));
    mkdirSync(at('out'));
    writeFileSync(at('out', 'a.jpg'), 'mine');
    expect(await colour(standIn.url)).toBe(0);
    await standIn.close();
    expect(readFileSync(at('out', 'a.jpg'), 'utf8')).toBe('mine');
    expect(lines).toContain('not coloured  a.jpg: a file of its name is in the folder of results.');
  }, 60_000);
});

describe('a command line', () => {
  it.each<[what: string, args: (url: string) => string[], says: RegExp]>([
    ['whose results would be photos', () => [at('in'), at('in')], /neither it nor above it/],
    ['whose photos would be among the results', () => [at('in'), folder], /neither it nor above it/],
    ['without that folder', () => [at('none'), at('out')], /cannot be read/],
    [
      'with a choice that the workflow does not have',
      () => [at('in'), at('out'), '--option', 'preset=cats'],
      /preset/,
    ],
    [
      'with a workflow that is not there',
      () => [at('in'), at('out'), '--workflow', 'none'],
      /--workflow 'none'/,
    ],
  ])('%s is refused', async (_, rest, says) => {
    const standIn = await start();
    const errors: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean(errors.push(String(text))));
    const args = ['watch-folder', ...rest(standIn.url), '--comfyui', standIn.url];
    const exit = await (await commandLine(args)).run(args);
    await standIn.close();
    expect(exit).toBe(2);
    expect(errors.join('')).toMatch(says);
  });
});
