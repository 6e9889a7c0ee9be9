/** The whole corpus through the page's image worker; a tenth of it is in `npm test`, in the browser of the deployed page. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { Scope } from '../../common/scope.ts';
import { startBrowser } from '../lambda/gateway/support/browser.ts';
import { pageTests } from './page-suite.ts';

const scope = new Scope();
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser(scope);
});
afterAll(() => scope.close());

describe('the page', () => pageTests(() => browser, false, 100));
