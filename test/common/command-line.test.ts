/** Values of options, and the exit codes of a command line. */
import { afterEach, expect, it, vi } from 'vitest';
import { CommandLine, duration, httpUrl, positiveNumber, wholeNumber } from '../../common/command-line.ts';
import { UsageError, UserError } from '../../common/errors.ts';

it.each([
  ['90s', 90],
  ['30m', 1800],
  ['2h', 7200],
  ['1d', 86_400],
  ['30d', 2_592_000],
])('the time %s is %s seconds', (text, seconds) => expect(duration(text)).toBe(seconds));

it.each(['', '2', 'h', '0s', '-1h', '1.5h', '2 h', '31d', '1w', '99999999999s'])('%j is not a time', (text) =>
  expect(() => duration(text)).toThrow('Expected a time such as 90s, 30m, 2h or 1d, up to 30d.'),
);

it.each(['0', '3601', '1.5', 'x', '', '1e2', '-1'])('%j is not a whole number from 1 to 3600', (text) =>
  expect(() => wholeNumber(1, 3600)(text)).toThrow('Expected a whole number from 1 to 3600.'),
);
it('a range includes its limits', () => {
  expect([wholeNumber(1, 3600)('1'), wholeNumber(1, 3600)('3600')]).toEqual([1, 3600]);
  expect(positiveNumber(2)('2')).toBe(2);
});

it.each(['0', '-1', '2.1', 'x', ''])('%j is not a number above 0, up to 2', (text) =>
  expect(() => positiveNumber(2)(text)).toThrow('Expected a number above 0, up to 2.'),
);

it('a URL loses its trailing slash', () => {
  expect(httpUrl('http://127.0.0.1:8188/')).toBe('http://127.0.0.1:8188');
  expect(() => httpUrl('ftp://abc')).toThrow('Expected a URL');
});

const quiet = { writeOut: () => undefined, writeErr: () => undefined };
const commandLine = (body: () => Promise<number>) => {
  const program = new CommandLine('program').configureOutput(quiet);
  program.command('go').runs(body);
  return program;
};
afterEach(() => vi.restoreAllMocks());

it.each([
  [['go'], 7],
  [['go', '--help'], 0],
  [['--help'], 0],
  [[], 2],
  [['og'], 2],
  [['go', '--fast'], 2],
])('%j exits with %d', async (args, code) => expect(await commandLine(async () => 7).run(args)).toBe(code));

it('reports a wrong command line and an error that the operator can fix, and throws a bug', async () => {
  const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const failing = (reason: Error) => commandLine(() => Promise.reject(reason)).run(['go']);
  expect(await failing(new UsageError('wrong'))).toBe(2);
  expect(await failing(new UserError('no bucket'))).toBe(1);
  expect(error).toHaveBeenCalledWith('no bucket\n');
  await expect(failing(new TypeError('bug'))).rejects.toThrow('bug');
});

it.each([
  [['og', '--help'], 2],
  [['go', '--help'], 0],
  [['-h', 'og'], 0],
])('%j, with help of a command that is not there, exits with %d', async (args, code) => {
  expect(await commandLine(async () => 7).run(args)).toBe(code);
});
