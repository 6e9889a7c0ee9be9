/**
 * Finds a Chromium for tests and screenshots, or installs one: Playwright's download or the system's package.
 *
 * As root, as in containers, Chromium runs only without its sandbox; see `browserOptions`.
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
  /** Source of the browser, for messages. */
  from: string;
}

/** Finds one on the PATH or in a usual folder. */
function present(): Browser | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named) return { path: named, from: 'CHROMIUM_PATH' };
  const folders = (process.env.PATH ?? '').split(delimiter);
  const path = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE].find(
    existsSync,
  );
  return path === undefined ? undefined : { path, from: 'installed' };
}

/** Finds one that Playwright has downloaded. */
function downloaded(): Browser | undefined {
  const path = chromium.executablePath();
  return existsSync(path) ? { path, from: 'download of Playwright' } : undefined;
}

/** Installations to try in order; each returns whether it succeeded. */
const SOURCES: [name: string, get: (abort: AbortSignal) => Promise<boolean>][] = [
  [
    'the download of Playwright',
    async (abort) => {
      const cli = join(
        createRequire(import.meta.url).resolve('playwright-core/package.json'),
        '..',
        'cli.js',
      );
      return succeeds(process.execPath, [cli, 'install', 'chromium'], abort);
    },
  ],
  [
    'the package manager of the system',
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
      // The package lists may be missing or old.
      await succeeds(command, [...args, 'update'], abort);
      return succeeds(command, [...args, 'install', 'chromium'], abort);
    },
  ],
];

const succeeds = async (command: string, args: string[], abort: AbortSignal) =>
  (await runToEnd(command, args, { abort })).code === 0;

/**
 * Finds a Chromium, or installs one.
 *
 * @throws UserError when none can be installed
 */
export async function ensureBrowser(abort: AbortSignal, say: (line: string) => void): Promise<Browser> {
  const here = present() ?? downloaded();
  if (here) return here;
  for (const [name, get] of SOURCES) {
    say(`No Chromium found: trying ${name}...`);
    const got = (await get(abort)) ? (downloaded() ?? present()) : undefined;
    if (got) return { ...got, from: name };
  }
  throw new UserError(
    'No Chromium found, and none could be installed (on Debian and Ubuntu: apt-get install chromium). CHROMIUM_PATH can name one.',
  );
}

/** What Playwright turns off for every page: Chromium takes one list, the last. */
const OFF_BY_PLAYWRIGHT = [
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];
/** Pages of the address bar, which nobody sees here: two for each window, half a second of the processor. */
const ADDRESS_BAR = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];

/**
 * Options for `chromium.launch` of playwright-core.
 *
 * @param off further features of Chromium to turn off
 */
export const browserOptions = ({ path }: Browser, off: string[] = []) => ({
  executablePath: path,
  chromiumSandbox: process.getuid?.() !== 0,
  args: [
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--disable-features=${[...OFF_BY_PLAYWRIGHT, ...ADDRESS_BAR, ...off].join()}`,
  ],
});
