/** Command lines of the operator commands: what they mean, and what is said of those that are wrong. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePause, type PauseOptions } from '../../../cli/pause/options.ts';
import { durationOf, parseCommand, wholeNumber } from '../../../cli/shared/target.ts';
import { UsageError } from '../../../common/errors.ts';
import { command, Folder } from '../support/command.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NAMES = ['status', 'watch', 'explain', 'pause', 'resume', 'redrive', 'smoke', 'quota', 'cost'];

const words = (line: string) => line.split(' ').filter(Boolean);
const parse = (line: string) => parseCommand({ command: 'status', options: {} }, words(line));

describe('what is operated on', () => {
  const target = { stage: 'dev', stack: 'DDColorElastic-dev', region: undefined, local: false };
  it.each([
    ['', target],
    [
      '--stage prod --region eu-central-1',
      { ...target, stage: 'prod', stack: 'DDColorElastic-prod', region: 'eu-central-1' },
    ],
    // Of another checkout.
    ['--stage mars', { ...target, stage: 'mars', stack: 'DDColorElastic-mars' }],
    ['--stage mars --stack Own', { ...target, stage: 'mars', stack: 'Own' }],
    ['--local', { ...target, stage: 'local', stack: 'DDColorElastic-local', local: true }],
    ['--local --stage local', { ...target, stage: 'local', stack: 'DDColorElastic-local', local: true }],
  ])('by %j', (line, wanted) => expect(parse(line)).toMatchObject({ target: wanted, json: false }));

  it('takes --json and --help', () => {
    expect(parse('--json')).toMatchObject({ json: true });
    expect(parse('--help --stage UPPER')).toBe('help');
  });
});

const refusal = (task: () => unknown): string => {
  try {
    task();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('it was taken');
};

it.each([
  ['--stage Mars', "--stage 'Mars': a small letter, then up to 19 small letters, digits and hyphens"],
  ['--region mars', "--region 'mars' is not like us-east-1"],
  ['--stack 1', "--stack '1': a letter, then up to 127 letters, digits and hyphens"],
  ['--local --stage dev', '--stage and --local exclude each other'],
  ['--local --region us-east-1', '--region and --local exclude each other'],
  ['--local --stack X', '--stack and --local exclude each other'],
  ['photo.jpg', "'photo.jpg' is one word too many"],
  ['--colour', "Unknown option '--colour'"],
  ['--stage', "Option '--stage <value>' argument missing"],
])('refuses %j', (line, said) => {
  const message = refusal(() => parse(line));
  expect(message).toContain(said);
  expect(message).toMatch(/\(ddcolor-elastic help status lists the options\)\.$/);
});

it.each([
  ['90s', 90],
  ['30m', 1800],
  ['2h', 7200],
  ['1d', 86_400],
  ['30d', 2_592_000],
])('the time %s has %s seconds', (text, seconds) => expect(durationOf('pause', '--for', text)).toBe(seconds));

it.each(['', '2', 'h', '0s', '-1h', '1.5h', '2 h', '31d', '1w', '99999999999s'])('no time is %j', (text) =>
  expect(refusal(() => durationOf('pause', '--for', text))).toBe(
    `--for '${text}' is not a time such as 90s, 30m, 2h or 1d, up to 30d (ddcolor-elastic help pause lists the options).`,
  ),
);

it.each(['0', '3601', '1.5', 'x', ''])('--every %j is refused', (text) =>
  expect(refusal(() => wholeNumber('watch', '--every', text, 1, 3600))).toContain(
    `--every '${text}' is not a whole number from 1 to 3600`,
  ),
);

describe('what is paused', () => {
  it.each<[line: string, wanted: Partial<PauseOptions>]>([
    ['scale-out', { names: ['pauseScaleOut'], seconds: undefined }],
    ['scale-in --for 2h', { names: ['pauseScaleIn'], seconds: 7200 }],
    ['both --for 1d --json', { names: ['pauseScaleOut', 'pauseScaleIn'], seconds: 86_400, json: true }],
  ])('%s', (line, wanted) => expect(parsePause('pause', words(line))).toMatchObject(wanted));

  it.each([
    ['pause', '', 'What to pause? scale-out|scale-in|both'],
    ['resume', '', 'What to resume? scale-out|scale-in|both'],
    ['pause', 'all', "'all' cannot be paused: scale-out|scale-in|both"],
    ['resume', 'toString', "'toString' cannot be resumed: scale-out|scale-in|both"],
    ['pause', 'both scale-in', "'scale-in' is one word too many"],
    ['resume', 'both --for 2h', "Unknown option '--for'"],
  ] as const)('%s %j is refused', (name, line, said) =>
    expect(refusal(() => parsePause(name, words(line)))).toContain(said),
  );
});

describe('help', () => {
  const folders: Record<string, string> = { pause: 'controls/pause.ts', resume: 'controls/resume.ts' };
  const fileOf = (name: string) => join('cli/operate', folders[name] ?? `${name}/main.ts`);

  it.each(NAMES)('of %s is there, and no wider than that of others', async (name) => {
    const { HELP } = (await import(join(ROOT, fileOf(name)))) as { HELP: string };
    expect(HELP).toMatch(new RegExp(`^ddcolor-elastic ${name} .*\\[options\\]\n`));
    expect(HELP).toMatch(/\nEnds with 0/);
    for (const line of HELP.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  it('of all is found by their names', async () => {
    const folder = new Folder();
    const { out } = await command(folder.path, ['--help']);
    for (const name of NAMES) expect(out).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
    expect(await command(folder.path, ['pause', '--help'])).toEqual(
      await command(folder.path, ['help', 'pause']),
    );
    folder.remove();
  });

  /** All that a file loads before it runs: its own files by their path from the root, packages by their name. */
  function loaded(file: string, seen = new Set<string>()): Set<string> {
    if (seen.has(file)) return seen;
    seen.add(file);
    if (!file.endsWith('.ts')) return seen;
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const [, target = ''] of text.matchAll(
      /^(?:import|export)\s+(?!type\s)[^'";]*?from\s+'([^']+)'/gm,
    )) {
      loaded(target.startsWith('.') ? join(dirname(file), target) : target, seen);
    }
    return seen;
  }
  it.each(NAMES)('of %s loads neither an SDK nor a library for pictures', (name) => {
    const file = fileOf(name);
    const all = [...loaded(file)];
    expect(all).toContain(join(dirname(file), '../options.ts'));
    expect(all.filter((one) => /^(@aws-sdk|@smithy|sharp)/.test(one))).toEqual([]);
  });
});
