/** How many photos a worker holds that have not started, by what photos take of its two lanes. */
import { describe, expect, it } from 'vitest';
import { Prefetch, type PhotoSeconds } from '../../worker/photo/prefetch.ts';

const [PROCESSES, BATCH] = [3, 8];
const after = (...photos: PhotoSeconds[]) => {
  const prefetch = new Prefetch(PROCESSES, BATCH);
  for (const seconds of photos) prefetch.learn(seconds);
  return prefetch.depth;
};
/** CPU seconds of `bench -- worker`, of one photo. */
const photo = (comfyui: number, cpuSeconds: number): PhotoSeconds => ({
  comfyui,
  prompt: comfyui,
  images: cpuSeconds / PROCESSES,
});
const [JPEG, LARGE, TIFF] = [photo(0.03, 0.1), photo(0.06, 0.65), photo(0.06, 2.7)];

describe('a worker prefetches', () => {
  it.each<[string, PhotoSeconds[], number]>([
    ['one photo until one has taken its time', [], 1],
    ['the next batch, those in preparation and one, where photos are short', [JPEG], 12],
    ['what starts within 2 s by the CPU', [LARGE], 9],
    ['one for each process, however long a photo takes there', [TIFF], PROCESSES],
    ['one where ComfyUI takes seconds', [photo(6, 0.1)], 1],
    ['what starts within 2 s in ComfyUI', [photo(0.4, 0.1)], 5],
  ])('%s', (_name, photos, depth) => {
    expect(after(...photos)).toBe(depth);
  });

  it('no more than 2 s of work, whatever its photos are, unless a process were idle', () => {
    for (let cpu = 0.01; cpu < 30; cpu *= 1.3) {
      const seconds = photo(0.05, cpu);
      const depth = after(seconds);
      expect(depth * seconds.images <= 2 || depth === PROCESSES).toBe(true);
      expect(depth).toBeGreaterThanOrEqual(PROCESSES);
    }
  });

  it('by its latest photos: fewer soon after they grow, more soon after they shrink', () => {
    const times = (count: number, seconds: PhotoSeconds) => Array<PhotoSeconds>(count).fill(seconds);
    expect(after(...times(20, JPEG), ...times(5, TIFF))).toBe(PROCESSES);
    expect(after(...times(20, TIFF), ...times(12, JPEG))).toBe(12);
  });
});
