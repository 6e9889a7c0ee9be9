/** Every command that a page shows exists and parses, with its options and arguments. */
import { describe, expect, it } from 'vitest';
import { commandsOf, fault } from './commands.ts';
import { PAGES, read } from './pages.ts';

const faults = async (text: string) => {
  const found = await Promise.all(
    commandsOf(text).map(async (shown) => [shown.words.join(' '), await fault(shown)] as const),
  );
  return found.filter(([, why]) => why !== undefined);
};

describe('commands', () => {
  // The changelog names commands of earlier versions.
  it.each(PAGES.filter((page) => page !== 'CHANGELOG.md'))('of %s parse', async (page) =>
    expect(await faults(read(page))).toEqual([]),
  );

  it('are found', () => {
    expect(PAGES.flatMap((page) => commandsOf(read(page))).length).toBeGreaterThan(100);
  });

  it.each<[string, string]>([
    ['`npm run colour`', "package.json has no script 'colour'"],
    ['```sh\nnpm start -- --fotos DIR\n```', "error: unknown option '--fotos'"],
    ['```sh\nnpm test && npm run simulate -- --wrld real\n```', "error: unknown option '--wrld'"],
    ['```sh\nnpx ddcolor-elastic stats\n```', "error: unknown command 'stats'"],
    ['```sh\nnpx ddcolor-elastic status --stag prod\n```', "error: unknown option '--stag'"],
    ['```sh\nnpx ddcolor-elastic smoke --stage prod\n```', "error: missing required argument 'photo'"],
    [
      '```sh\nnpx ddcolor-elastic pause scale-out --for 2x\n```',
      "error: option '--for <time>' argument '2x' is invalid. Expected a time such as 90s, 30m, 2h or 1d, up to 30d.",
    ],
    ['```sh\nnpm run deploy -- --stages dev\n```', 'the CDK has no --stages'],
  ])('are reported when wrong: %j', async (text, why) => {
    expect((await faults(text)).map(([, fault]) => fault)).toEqual([why]);
  });
});
