/** The page of a stage with several workflows, in a real browser: the control, what it offers, and what is sent. */
import { expect, it } from 'vitest';
import { ListObjectsV2Command, HeadObjectCommand } from '@aws-sdk/client-s3';
import { accessibilityViolations, chooseFiles, visit } from '../support/browser.ts';
import { deployed } from '../support/deployed.ts';
import { greyPhoto, openSignIn, signIn } from '../support/sign-in.ts';

/** Metadata of every photo of the API in the bucket. */
async function metadataOfPhotos(): Promise<Record<string, string>[]> {
  const { s3 } = deployed;
  const Bucket = deployed.jwt.bucket;
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'incoming/api/' }));
  return Promise.all(
    Contents.map(async ({ Key }) => (await s3.send(new HeadObjectCommand({ Bucket, Key }))).Metadata ?? {}),
  );
}

export function workflowTests(): void {
  it('is a choice, with the options of each, and is sent with the photo', async () => {
    const { page, errors } = await openSignIn();
    await signIn(page);
    const choice = page.locator('#workflow');
    expect(await choice.locator('option').allTextContents()).toEqual([
      'Add colour',
      'Twice the size',
      'Add colour + Twice the size',
    ]);
    const controls = () => page.locator('.looks legend, .looks .amount > span').allTextContents();
    expect(await controls()).toEqual(['Subject', 'Colour strength']);
    expect(await page.isVisible('#mode')).toBe(true);
    await choice.selectOption('ddcolor+upscale');
    expect(await controls()).toEqual(['Subject', 'Colour strength', 'sharpen']);
    // The service needs the photo itself: its colours alone have one size.
    expect(await page.isVisible('#mode')).toBe(false);
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.selectOption('#language', 'zh-CN');
    expect(await choice.locator('option:checked').textContent()).toBe('上色 + 放大两倍');
    await page.getByText('建筑').click();
    const sent = page.waitForRequest(
      (request) => request.method() === 'POST' && /\/photos$/.test(request.url()),
    );
    await chooseFiles(page, [await greyPhoto()]);
    expect((await sent).postDataJSON()).toMatchObject({
      output: 'photo',
      workflow: 'ddcolor+upscale',
      options: { preset: 'buildings' },
    });
    const expected = { workflow: 'ddcolor+upscale', preset: 'buildings', output: 'photo' };
    await expect.poll(metadataOfPhotos).toContainEqual(expect.objectContaining(expected));
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('is no choice where the stage has one', async () => {
    const { page } = await visit(deployed.browser, deployed.open.url);
    expect(await page.locator('#workflow').count()).toBe(0);
    await page.context().close();
  });
}
