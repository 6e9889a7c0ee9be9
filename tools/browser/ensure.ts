/**
 * A Chromium for tests and pictures of pages: one that is here already, Playwright's own download, or the system's package.
 *
 * Gotcha: as root, which containers are, Chromium runs without its sandbox only; `browserOptions` says so.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

export interface Browser {
  path: string;
  /** Where it is from, for people. */
  from: string;
}

/** One on the PATH or in a usual place. */
function present(): Browser | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named) return { path: named, from: 'CHROMIUM_PATH' };
  const folders = (process.env.PATH ?? '').split(delimiter);
  const path = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE].find(
    existsSync,
  );
  return path === undefined ? undefined : { path, from: 'already here' };
}

/** One that Playwright has downloaded. */
function downloaded(): Browser | undefined {
  const path = chromium.executablePath();
  return existsSync(path) ? { path, from: 'Playwright’s download' } : undefined;
}

/** Ways to get one, in order; each says whether it worked. */
const SOURCES: [name: string, get: (abort: AbortSignal) => Promise<boolean>][] = [
  [
    'Playwright’s download',
    async (abort) => {
      const cli = join(
        createRequire(import.meta.url).resolve('playwright-core/package.json'),
        '..',
        'cli.js',
      );
      return works(process.execPath, [cli, 'install', 'chromium'], abort);
    },
  ],
  [
    'the system’s package manager',
    async (abort) => {
      const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
      const apt = [
        ...sudo,
        'env',
        'DEBIAN_FRONTEND=noninteractive',
        'apt-get',
        '-y',
        '--no-install-recommends',
      ];
      const [command = '', ...args] = apt;
      // Lists may be missing or old; where they are neither, this costs a second or two.
      await works(command, [...args, 'update'], abort);
      return works(command, [...args, 'install', 'chromium'], abort);
    },
  ],
];

const works = async (command: string, args: string[], abort: AbortSignal) =>
  (await runToEnd(command, args, { abort })).code === 0;

/**
 * Finds a Chromium, or gets one.
 *
 * @throws UserError when no way leads to one
 */
export async function ensureBrowser(abort: AbortSignal, say: (line: string) => void): Promise<Browser> {
  const here = present() ?? downloaded();
  if (here) return here;
  for (const [name, get] of SOURCES) {
    say(`No Chromium here: trying ${name}...`);
    const got = (await get(abort)) ? (downloaded() ?? present()) : undefined;
    if (got) return { ...got, from: name };
  }
  throw new UserError(
    'No Chromium, and none could be installed (on Debian and Ubuntu: apt-get install chromium); CHROMIUM_PATH may name one.',
  );
}

/** For `chromium.launch` of playwright-core. */
export const browserOptions = ({ path }: Browser) => ({
  executablePath: path,
  chromiumSandbox: process.getuid?.() !== 0,
  args: ['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
