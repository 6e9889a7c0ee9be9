/** The command line of colour: its values, and the errors of wrong ones. */
import { describe, expect, it } from 'vitest';
import {
  destinationOf,
  photoOptionsOf,
  withOptions,
  type ColourOptions,
} from '../../../cli/colour/options.ts';
import type { CommandLine } from '../../../common/command-line.ts';
import { RESERVED_METADATA } from '../../../contract/reserved-metadata.ts';
import { UsageError } from '../../../common/errors.ts';
import { parse as parseLine } from '../../support/parse.ts';

const URL = 'https://abc.execute-api.us-east-1.amazonaws.com';
const define = (command: CommandLine) => withOptions(command).runs(async () => 0);
const parse = (line: string) => parseLine('colour', define, line);
const optionsOf = async (line: string) => (await parse(line)).got?.[1] as ColourOptions;

it('has defaults', async () => {
  expect((await parse(`a.jpg b --url ${URL}`)).got).toEqual([
    ['a.jpg', 'b'],
    { url: `${URL}/`, out: './coloured', width: 8 },
  ]);
});

it('parses each option', async () => {
  const line =
    'a --stage dev --region eu-central-1 --out x --force --retry --width 3 --timeout 60 --coloured-photos refuse --bulk --json --quiet';
  expect(await optionsOf(line)).toEqual({
    ...{ stage: 'dev', region: 'eu-central-1', out: 'x', force: true, retry: true },
    ...{ width: 3, timeout: 60, colouredPhotos: 'refuse', bulk: true, json: true, quiet: true },
  });
});

it('parses options of a workflow, numbers as such', async () => {
  const line =
    'a --bucket photos --option preset=buildings --option tone=a=b --option x=-1.5 --option gamma=1.0 --strength 80';
  expect(photoOptionsOf(await optionsOf(line))).toEqual({
    preset: 'buildings',
    tone: 'a=b',
    x: -1.5,
    gamma: '1.0',
    strength: 80,
  });
  expect(photoOptionsOf(await optionsOf('a --bucket photos'))).toEqual({});
  const chain = 'a --bucket photos --workflow ddcolor+upscale --strength 80';
  expect(photoOptionsOf(await optionsOf(chain))).toEqual({ workflow: 'ddcolor+upscale', strength: 80 });
  const two = await optionsOf('a --bucket photos --option strength=70 --strength 80');
  expect(() => photoOptionsOf(two)).toThrow('--strength 80 and --option strength=70: expected one of them.');
});

describe('the destination', () => {
  it.each<[line: string, destination: object, env?: NodeJS.ProcessEnv]>([
    ['--bucket my.photos-1', { kind: 'bucket', bucket: 'my.photos-1' }],
    ['--stage dev --region eu-central-1', { kind: 'stage', stage: 'dev', region: 'eu-central-1' }],
    ['--url http://127.0.0.1:8080/x//', { kind: 'api', url: 'http://127.0.0.1:8080/x/' }],
    ['--url http://[::1]:80', { kind: 'api', url: 'http://[::1]/' }],
    ['--url http://localhost/_aws/$default/', { url: 'http://localhost/_aws/$default/' }],
    [`--url ${URL} --token t0ken`, { access: { kind: 'token', token: 't0ken' } }],
    [`--url ${URL}`, { access: { kind: 'token', token: 'other' } }, { DDCOLOR_TOKEN: 'other' }],
    [`--url ${URL} --token mine`, { access: { kind: 'token', token: 'mine' } }, { DDCOLOR_TOKEN: 'other' }],
    [`--url ${URL}`, { access: { kind: 'open' } }, { DDCOLOR_TOKEN: '' }],
    [`--url ${URL} --sign`, { access: { kind: 'sign' } }, { DDCOLOR_TOKEN: 'other' }],
    ['--bucket photos', { kind: 'bucket' }, { DDCOLOR_TOKEN: 'other' }],
  ])('is parsed from %s', async (line, destination, env = {}) => {
    expect(destinationOf(await optionsOf(`a.jpg ${line}`), env)).toMatchObject(destination);
  });

  it.each([
    ['a', {}, 'the destination is missing: --url, --stage or --bucket'],
    [`a --url ${URL}`, { DDCOLOR_TOKEN: 's€cret' }, 'the token has blanks or other characters'],
  ])('is rejected for %s', async (line, env, message) => {
    const options = await optionsOf(line);
    expect(() => destinationOf(options, env)).toThrow(UsageError);
    expect(() => destinationOf(options, env)).toThrow(message);
  });
});

it.each<[line: string, error: string]>([
  ['', "missing required argument 'photos'"],
  [`a --url ${URL} --bucket photos`, "'--url <url>' cannot be used with option '--bucket <name>'"],
  ['a --bucket photos --option buildings', 'Expected a name and a value, such as preset=buildings.'],
  ['a --bucket photos --strength 101', '101'],
  ['a --bucket photos --workflow ddcolor+', 'Expected the name of a workflow, or of several with + between'],
  ...[...RESERVED_METADATA.keys()].map((name): [string, string] => [
    `a --bucket photos --option ${name}=x`,
    'No workflow has an option of this name, which is reserved for the',
  ]),
  ['a --stage dev --bucket photos', "'--stage <name>' cannot be used with option '--bucket <name>'"],
  ['a --bucket photos --token x', "'--token <token>' cannot be used with option '--bucket <name>'"],
  ['a --stage dev --sign', "'--sign' cannot be used with option '--stage <name>'"],
  [`a --url ${URL} --sign --token x`, "'--token <token>' cannot be used with option '--sign'"],
  ['a --stage mars', 'bin/stages.ts has local, chaos, dev, prod'],
  ['a --bucket My_Photos', 'Expected the name of a bucket: 3 to 63 lowercase letters'],
  ['a --url abc.example', 'Expected a URL such as https://'],
  ['a --url ftp://abc.example', 'Expected a URL such as https://'],
  ['a --url http://abc.example', 'Expected https; http is for this machine only'],
  ['a --url http://localhost.abc.example', 'Expected https; http is for this machine only'],
  ['a --bucket photos --region mars', 'Expected a region such as us-east-1'],
  ['a --bucket photos --width 0', 'Expected a whole number from 1 to 64'],
  ['a --bucket photos --width 65', 'Expected a whole number from 1 to 64'],
  ['a --bucket photos --width 1.5', 'Expected a whole number from 1 to 64'],
  ['a --bucket photos --timeout soon', 'Expected a whole number from 1 to 2073600'],
  ['a --bucket photos --out=', 'Expected the name of a folder'],
  ['a --bucket photos --retyr', 'Did you mean --retry?'],
  ['a --bucket', "option '--bucket <name>' argument missing"],
])('rejects %j', async (line, error) => {
  const { code, errors } = await parse(line);
  expect(errors).toContain(error);
  expect(errors).toMatch(/\nSee 'colour --help'\.\n$/);
  expect(code).toBe(2);
});

it.each([
  [
    'a --url https://me:secret@abc.example/x',
    "--url 'https://abc.example/x…' has more than a host and a path.",
  ],
  [
    'a --url https://abc.example/?key=secret',
    "--url 'https://abc.example/…' has more than a host and a path.",
  ],
  [`a --url ${URL} --token s€cret`, 'the token has blanks or other characters that no token has.'],
])('does not show the secret of %j', async (line, error) => {
  const { code, errors } = await parse(line);
  expect(code).toBe(2);
  expect(errors).toBe(`error: ${error}\nSee 'colour --help'.\n`);
});
