/** The corpus through the worker's path, in image processes as on an instance. A tenth of it is in `npm test`, by the command. */
import { afterAll, describe, expect, it } from 'vitest';
import { contentOf, manifest } from '../../tools/corpus/manifest.ts';
import { compared } from '../../tools/corpus/measure.ts';
import { settings, throughWorker } from '../../tools/corpus/worker-path.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';

const images = new ImageProcesses(settings, 2, () => undefined);
afterAll(() => images.close());

describe('the worker', () => {
  it.each(manifest())('$file: $what', async (row) => {
    const { faults } = await compared(row, await throughWorker(images, contentOf(row)));
    expect(faults).toEqual([]);
  });
});
