/** An image that does not boot, on a fleet that sleeps. The full form is `bad-image.full.test.ts`. */
import { describe, expect, it } from 'vitest';
import { badImage, HOUR } from './support/bad-image.ts';

describe('a fleet whose image does not boot for six hours', () => {
  it('asks for one instance at a time, at most 20 in all, and colours all photos within half an hour after', async () => {
    const { launches, hours, lastColoured, reasons } = await badImage(8.5 * HOUR, 1);
    expect(launches).toBeGreaterThan(10);
    expect(launches).toBeLessThanOrEqual(20);
    expect(hours).toBeLessThanOrEqual(3.3);
    expect(lastColoured).toBeLessThanOrEqual(HOUR / 2);
    expect(reasons).toContain('boot-failure');
  });

  it('is as fast as ever if the window has no failures', async () => {
    const { launches, lastColoured, reasons } = await badImage(8.5 * HOUR, 1, { badImageShare: 0 });
    expect(launches).toBeLessThan(20);
    expect(lastColoured).toBeLessThan(150);
    expect(reasons).not.toContain('boot-failure');
  });
});
