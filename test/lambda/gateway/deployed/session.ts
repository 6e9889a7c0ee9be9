/** The session of a signed-in tab: what a reload keeps, and how it ends. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Scope } from '../../../../common/scope.ts';
import {
  accessibilityViolations,
  chooseFiles,
  expectSteps,
  visibleButtons,
  type UploadFile,
} from '../support/browser.ts';
import { startColouringWorker } from '../support/colouring-worker.ts';
import { deployed } from '../support/deployed.ts';
import {
  greyPhoto,
  openSignIn,
  sessionKeys,
  SIGNED_IN,
  SIGNED_OUT,
  signIn,
  storage,
} from '../support/sign-in.ts';

interface EndedSession {
  name: string;
  /** Before the sign-in. */
  prepare?: (page: Page) => Promise<unknown>;
  end?: (page: Page) => Promise<unknown>;
  uploads: number;
}

const ENDED_SESSIONS: EndedSession[] = [
  {
    name: 'an expired token',
    end: (page) => page.evaluate(() => void (Date.now = () => 4e12)),
    uploads: 0,
  },
  {
    name: 'a token that API Gateway rejects',
    prepare: (page) =>
      page.route(`${deployed.issuer.url}/token`, (route) =>
        route.fulfill({
          json: { id_token: deployed.issuer.forged('ann'), expires_in: 600 },
          headers: { 'access-control-allow-origin': '*' },
        }),
      ),
    uploads: 0,
  },
  {
    name: 'a token that is revoked while a photo waits',
    end: (page) =>
      page.route('**/photos/*', (route) => route.fulfill({ status: 401, json: { message: 'Unauthorized' } })),
    uploads: 1,
  },
];

/** Reloads, and follows the redirects to the issuer and back. */
async function reload(page: Page): Promise<void> {
  await page.reload();
  await page.waitForSelector('html[data-ready]');
}

export function sessionTests(): void {
  const scope = new Scope();
  let photo: UploadFile;
  beforeAll(async () => {
    photo = await greyPhoto();
    await startColouringWorker(deployed.jwt, scope);
  });
  afterAll(() => scope.close());

  it('continues after a reload without a form, in this tab only', async () => {
    const { page, requests, errors } = await openSignIn();
    await signIn(page);
    const before = requests.length;
    await reload(page);
    expect(await visibleButtons(page)).toEqual(SIGNED_IN);
    const asked = requests.slice(before).filter((one) => one.url().startsWith(deployed.issuer.url));
    expect(asked.map((one) => new URL(one.url()).pathname)).toEqual(['/authorize', '/token']);
    expect(new URL(asked[0]!.url()).searchParams.get('prompt')).toBe('none');
    expect(await storage(page)).not.toMatch(/eyJ|verifier/);
    const other = await page.context().newPage();
    await other.goto(deployed.jwt.url);
    await other.waitForSelector('html[data-ready]');
    expect(await visibleButtons(other)).toEqual(SIGNED_OUT);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('is over, without an error, when the issuer would need a form', async () => {
    const { page, errors } = await openSignIn();
    await signIn(page);
    let asked = 0;
    await page.route(`${deployed.issuer.url}/authorize?*`, (route) => {
      asked++;
      const { searchParams } = new URL(route.request().url());
      const back = new URL(searchParams.get('redirect_uri')!);
      back.searchParams.set('error', 'login_required');
      back.searchParams.set('state', searchParams.get('state')!);
      return route.fulfill({ status: 302, headers: { location: back.href } });
    });
    for (let k = 0; k < 2; k++) {
      await reload(page);
      expect(await visibleButtons(page)).toEqual(SIGNED_OUT);
      expect(await page.isVisible('#problem')).toBe(false);
      expect(await sessionKeys(page)).toEqual([]);
    }
    // Once, not at each reload.
    expect(asked).toBe(1);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('is not taken up after a sign-out', async () => {
    const { page } = await openSignIn();
    await signIn(page);
    await page.click('#sign-out');
    await reload(page);
    expect(await visibleButtons(page)).toEqual(SIGNED_OUT);
    await page.context().close();
  });

  it('is offered again when it has ended', async () => {
    for (const { name, prepare, end, uploads } of ENDED_SESSIONS) {
      const { page, requests, errors } = await openSignIn();
      await prepare?.(page);
      await signIn(page);
      expect(await visibleButtons(page), name).toEqual(SIGNED_IN);
      [requests.length, errors.length] = [0, 0];
      await end?.(page);
      await page.click('.switch');
      await chooseFiles(page, [photo]);
      await expectSteps(page, ['failed']);
      expect(await page.textContent('.state'), name).toContain('You are signed out');
      expect(requests.filter((one) => one.method() === 'PUT').length, name).toBe(uploads);
      expect(await page.isVisible('#sign-in'), name).toBe(true);
      expect(await page.isVisible('#choose'), name).toBe(false);
      expect(await page.isVisible('#sign-out'), name).toBe(false);
      expect(await sessionKeys(page), name).toEqual([]);
      expect(errors, name).toEqual([expect.stringContaining('401')]);
      if (uploads > 0) {
        expect(await accessibilityViolations(page)).toEqual([]);
        // The photo goes on with the next session.
        await page.unrouteAll();
        await signIn(page);
        await expectSteps(page, ['succeeded']);
      }
      await page.context().close();
    }
  }, 120_000);
}
