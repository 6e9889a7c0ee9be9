/** Sample photos: reproducible, all different, two of them broken on purpose. */
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSamples, type Sample } from '../../../local/samples/samples.ts';

async function collect(count: number, seed: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of makeSamples(count, seed)) samples.push(sample);
  return samples;
}

const decode = (body: Buffer) => sharp(body, { failOn: 'error' }).raw().toBuffer();

let samples: Sample[];
beforeAll(async () => {
  samples = await collect(16, 7);
});

describe('makeSamples', () => {
  it('makes the same photos for the same seed, others for another', async () => {
    const [first] = await collect(1, 7);
    const [again] = await collect(1, 7);
    const [other] = await collect(1, 8);
    expect(again?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true);
    expect(other?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(false);
  });

  it('breaks exactly two of four or more, and none of fewer', async () => {
    expect(samples.filter(({ broken }) => broken).map(({ name }) => name)).toEqual([
      'sample-08-truncated.jpg',
      'sample-09-not-a-photo.jpg',
    ]);
    expect((await collect(3, 7)).filter(({ broken }) => broken)).toEqual([]);
    expect((await collect(4, 7)).filter(({ broken }) => broken)).toHaveLength(2);
  });

  it('makes photos that decode, and broken ones that do not', async () => {
    for (const { name, body, broken } of samples) {
      const decoded = decode(body).then(
        () => true,
        () => false,
      );
      expect([name, await decoded]).toEqual([name, !broken]);
    }
  });

  it('mixes formats, bit depths and orientations, with unique names', async () => {
    const whole = samples.filter(({ broken }) => !broken);
    const metadata = await Promise.all(whole.map(({ body }) => sharp(body).metadata()));
    expect(new Set(metadata.map(({ format }) => format))).toEqual(new Set(['jpeg', 'png', 'webp', 'tiff']));
    expect(metadata.some(({ depth }) => depth === 'ushort')).toBe(true);
    expect(metadata.some(({ orientation }) => orientation === 6)).toBe(true);
    expect(metadata.some(({ width, height }) => width > height)).toBe(true);
    expect(new Set(samples.map(({ name }) => name)).size).toBe(16);
    expect(new Set(samples.map(({ body }) => body.toString('base64'))).size).toBe(16);
  });
});
