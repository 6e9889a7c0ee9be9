/** What a PNG says of its tones: which of its chunks counts, and the value that one of half the light has in sRGB. */
import { describe, expect, it } from 'vitest';
import { encoded } from '../../colour/srgb.ts';
import { chunk, latin1 } from '../../tools/hostile/containers.ts';
import { conversionOfPng } from '../../worker/imaging/png-colour.ts';

const STORED = 128;
const be32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, k) => bytes.writeUInt32BE(value, 4 * k));
  return bytes;
};
const gamma = (value: number) => chunk('gAMA', be32(value));
const cicp = (...codes: number[]) => chunk('cICP', Buffer.from(codes));
const SRGB = chunk('sRGB', Buffer.of(0));
const PROFILE = chunk('iCCP', latin1('name\0\0'));
const LINEAR = cicp(1, 8, 0, 1);

/** The value in sRGB of grey with these chunks; undefined where they say nothing, or leave it to a profile. */
function valueOf(chunks: Buffer[]): number | undefined {
  const file = Buffer.concat([latin1('\x89PNG\r\n\x1a\n'), ...chunks, chunk('IDAT', Buffer.alloc(9))]);
  const found = conversionOfPng(file, 'grey', 8);
  return found && (found.kind === 'curve' ? found.stored[STORED] : STORED);
}

/** @param light of which the white of sRGB has 1 */
const inSrgb = (light: number) => Math.round(255 * encoded(light));
const OF_LINEAR = inSrgb(STORED / 255);

describe('a PNG', () => {
  it.each<[string, Buffer[], number | undefined]>([
    ['that says nothing', [], undefined],
    ['in sRGB', [SRGB], STORED],
    ['with linear values by gAMA', [gamma(100_000)], OF_LINEAR],
    ['with the gamma that means sRGB', [gamma(45_455)], STORED],
    ['with the gamma of old Macintoshes', [gamma(55_556)], inSrgb((STORED / 255) ** 1.8)],
    ['with no gamma', [gamma(0)], undefined],
    ['in sRGB, whatever its gamma', [gamma(100_000), SRGB], STORED],
    ['with a profile, whatever its gamma', [gamma(100_000), PROFILE], undefined],
    ['with linear values by cICP', [LINEAR], OF_LINEAR],
    ['with cICP, whatever its profile', [LINEAR, PROFILE, SRGB], OF_LINEAR],
    ['with sRGB by cICP', [cicp(1, 13, 0, 1), gamma(100_000)], STORED],
    ['whose cICP is of YCbCr', [cicp(1, 8, 1, 1), SRGB], STORED],
    ['whose cICP is of video levels', [cicp(1, 8, 0, 0), SRGB], STORED],
    ['whose cICP has a number that there is not', [cicp(1, 99, 0, 1), SRGB], STORED],
    ['with chunks that are too short', [chunk('cICP', Buffer.of(1)), chunk('gAMA', Buffer.of(1))], undefined],
  ])('%s', (_what, chunks, value) => {
    expect(valueOf(chunks)).toBe(value);
  });

  it('says nothing behind its pixels', () => {
    expect(valueOf([chunk('IDAT', Buffer.alloc(9)), LINEAR])).toBeUndefined();
  });
});
