/** Sign-in at the page of the stage with access jwt. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import type { UploadFile } from './browser.ts';
import { visit } from './browser.ts';
import { deployed } from './deployed.ts';

export const SIGNED_OUT = ['Sign in'];
export const SIGNED_IN = ['Sign out', 'Choose photos'];

export const openSignIn = () => visit(deployed.browser, deployed.jwt.url);
export const greyPhoto = async (): Promise<UploadFile> => {
  const grey = sharp({ create: { width: 64, height: 48, channels: 3, background: '#777' } });
  return { name: 'oma.jpg', mimeType: 'image/jpeg', buffer: await grey.jpeg().toBuffer() };
};
/** Everything that the tab has stored. */
export const storage = (page: Page) =>
  page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }) + document.cookie);
export const sessionKeys = (page: Page) => page.evaluate(() => Object.keys(sessionStorage));

/** Presses the button and waits until the issuer has redirected back. */
export async function signIn(page: Page): Promise<void> {
  // The URL is the same before and after.
  const back = page.waitForEvent('domcontentloaded');
  await page.click('#sign-in');
  await back;
  await page.waitForSelector('html[data-ready]');
}
