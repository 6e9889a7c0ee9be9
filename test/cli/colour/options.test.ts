/** Command lines: what they mean, and what is said of those that are wrong. */
import { describe, expect, it } from 'vitest';
import { HELP, parseOptions, type ColourOptions } from '../../../cli/colour/options.ts';
import { UsageError } from '../../../common/errors.ts';

const URL = 'https://abc.execute-api.us-east-1.amazonaws.com';
const parse = (line: string, env: NodeJS.ProcessEnv = {}) =>
  parseOptions(line.split(' ').filter(Boolean), env) as ColourOptions;

it('has defaults', () => {
  expect(parse(`a.jpg b --url ${URL}`)).toEqual({
    inputs: ['a.jpg', 'b'],
    where: { kind: 'api', url: `${URL}/`, access: { kind: 'open' }, region: undefined },
    out: './coloured',
    force: false,
    retry: false,
    width: 8,
    timeoutSeconds: undefined,
    json: false,
    quiet: false,
  });
});

it('takes each option', () => {
  const line =
    'a --stage dev --region eu-central-1 --out x --force --retry --width 3 --timeout 60 --json --quiet';
  expect(parse(line)).toEqual({
    inputs: ['a'],
    where: { kind: 'stage', stage: 'dev', region: 'eu-central-1' },
    out: 'x',
    force: true,
    retry: true,
    width: 3,
    timeoutSeconds: 60,
    json: true,
    quiet: true,
  });
});

describe('where to', () => {
  it.each<[line: string, where: object, env?: NodeJS.ProcessEnv]>([
    ['--bucket my.photos-1', { kind: 'bucket', bucket: 'my.photos-1' }],
    ['--url http://127.0.0.1:8080/x//', { kind: 'api', url: 'http://127.0.0.1:8080/x/' }],
    ['--url http://[::1]:80', { kind: 'api', url: 'http://[::1]/' }],
    ['--url http://localhost/_aws/$default/', { url: 'http://localhost/_aws/$default/' }],
    [`--url ${URL} --token t0ken`, { access: { kind: 'token', token: 't0ken' } }],
    [`--url ${URL}`, { access: { kind: 'token', token: 'other' } }, { DDCOLOR_TOKEN: 'other' }],
    [`--url ${URL} --token mine`, { access: { kind: 'token', token: 'mine' } }, { DDCOLOR_TOKEN: 'other' }],
    [`--url ${URL}`, { access: { kind: 'open' } }, { DDCOLOR_TOKEN: '' }],
    [`--url ${URL} --sign`, { access: { kind: 'sign' } }, { DDCOLOR_TOKEN: 'other' }],
    ['--bucket photos', { kind: 'bucket' }, { DDCOLOR_TOKEN: 'other' }],
  ])('%s', (line, where, env) => {
    expect(parse(`a.jpg ${line}`, env).where).toMatchObject(where);
  });
});

it.each<[line: string, said: string]>([
  ['', 'No photos: name files or folders'],
  ['a', 'Where to? --url, --stage or --bucket'],
  [`a --url ${URL} --bucket photos`, '--url and --bucket exclude each other'],
  ['a --stage dev --bucket photos', '--stage and --bucket exclude each other'],
  ['a --stage mars', "--stage 'mars': bin/stages.ts has local, chaos, dev, prod"],
  ['a --bucket My_Photos', "--bucket 'My_Photos' is not the name of a bucket: 3 to 63 small letters"],
  ['a --url abc.example', "--url 'abc.example' is not an address such as https://"],
  ['a --url ftp://abc.example', "--url 'ftp://abc.example' is not an address"],
  ['a --url http://abc.example', "--url 'http://abc.example': http is for this machine only"],
  ['a --url http://localhost.abc.example', 'http is for this machine only'],
  [
    'a --url https://me:secret@abc.example/x',
    "--url 'https://abc.example/x…' has more than a host and a path",
  ],
  [
    'a --url https://abc.example/?key=secret',
    "--url 'https://abc.example/…' has more than a host and a path",
  ],
  ['a --bucket photos --token x', '--token is for --url only'],
  ['a --stage dev --sign', '--sign is for --url only'],
  [`a --url ${URL} --sign --token x`, '--token and --sign exclude each other'],
  [`a --url ${URL} --token s€cret`, 'The token has blanks or other characters that no token has'],
  ['a --bucket photos --region mars', "--region 'mars' is not like us-east-1"],
  ['a --bucket photos --width 0', "--width '0' is not a whole number from 1 to 64"],
  ['a --bucket photos --width 65', "--width '65' is not a whole number from 1 to 64"],
  ['a --bucket photos --width 1.5', "--width '1.5' is not a whole number from 1 to 64"],
  ['a --bucket photos --timeout soon', "--timeout 'soon' is not a whole number from 1 to 2073600"],
  ['a --bucket photos --out=', "--out '' names no folder"],
  ['a --bucket photos --colour', "Unknown option '--colour'"],
  ['a --bucket', "Option '--bucket <value>' argument missing"],
])('refuses %j', (line, said) => {
  const error = (() => {
    try {
      return parse(line);
    } catch (one) {
      return one as Error;
    }
  })();
  expect(error).toBeInstanceOf(UsageError);
  const { message } = error as Error;
  expect(message).toContain(said);
  expect(message).toMatch(/\(ddcolor-elastic help colour lists the options\)\.$/);
  expect(message).not.toMatch(/\n|secret|s€cret/);
});

it('has help, whatever else is there', () => {
  expect(parseOptions(['--help', '--width', 'x'], {})).toBe('help');
  for (const line of HELP.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
});
