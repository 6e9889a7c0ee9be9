/** Whatever a page tells people to run exists, with the options that it shows. */
import { describe, expect, it } from 'vitest';
import { commandsOf, fault } from './commands.ts';
import { PAGES, read } from './pages.ts';

const faults = async (text: string) => {
  const found = await Promise.all(
    commandsOf(text).map(async (words) => [words.join(' '), await fault(words)] as const),
  );
  return found.filter(([, why]) => why !== undefined);
};

describe('commands', () => {
  // The changelog names commands that are gone.
  it.each(PAGES.filter((page) => page !== 'CHANGELOG.md'))('of %s exist', async (page) =>
    expect(await faults(read(page))).toEqual([]),
  );

  it('are found at all', () => {
    expect(PAGES.flatMap((page) => commandsOf(read(page))).length).toBeGreaterThan(100);
  });

  it.each<[string, string]>([
    ['`npm run colour`', "package.json has no script 'colour'"],
    ['```sh\nnpm start -- --fotos DIR\n```', 'npm run start has no --fotos'],
    ['```sh\nnpm test && npm run simulate -- --wrld real\n```', 'ddcolor-elastic simulate has no --wrld'],
    ['```sh\nnpx ddcolor-elastic stats\n```', "ddcolor-elastic has no command 'stats'"],
    ['```sh\nnpx ddcolor-elastic status --stag prod\n```', 'ddcolor-elastic status has no --stag'],
    ['```sh\nnpx ddcolor-elastic smoke --stag prod photo.jpg\n```', 'ddcolor-elastic smoke has no --stag'],
    ['```sh\nnpm run deploy -- --stages dev\n```', 'the CDK has no --stages'],
  ])('are found not to: %j', async (text, why) => {
    expect((await faults(text)).map(([, fault]) => fault)).toEqual([why]);
  });
});
