/** The order in which the page works on an album. */
import { expect, it } from 'vitest';
import { newTask } from '../../../../lambda/gateway/page/photo-task.ts';
import { Pipeline, type PipelineOptions } from '../../../../lambda/gateway/page/pipeline.ts';
import type { PhotoService } from '../../../../lambda/gateway/page/service.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('finishes the first photos of an album before it has prepared the last', async () => {
  const steps: string[] = [];
  const blob = new Blob(['x']);
  /** Results are there at once. */
  const service = {
    create: async () => ({ id: 'x' }),
    upload: async () => undefined,
    wait: async () => ({}),
    download: async () => blob,
  } as unknown as PhotoService;
  const imageWorker = {
    request: async ({ kind, file }: { kind: string; file: File }) => {
      steps.push(`${kind} ${file.size}`);
      // Slower than the service.
      for (let k = 0; k < 20; k++) await turn();
      return { grey: blob, preview: blob, result: blob };
    },
  } as unknown as PipelineOptions['imageWorker'];
  const pipeline = new Pipeline({
    ...{ service, imageWorker, maxUploadBytes: 1e6, chromaSize: 512 },
    onChange: () => undefined,
    now: () => 0,
  });
  // Told apart by their sizes.
  const album = Array.from({ length: 20 }, (_, k) =>
    newTask(new File(['x'.repeat(k + 1)], `${k}.jpg`, { type: 'image/jpeg' }), true),
  );
  await Promise.all(album.map((task) => pipeline.run(task)));
  expect(album.every(({ step }) => step === 'succeeded')).toBe(true);
  expect(steps.indexOf('merge 1')).toBeLessThan(steps.indexOf('prepare 4'));
  expect(steps.indexOf('merge 10')).toBeLessThan(steps.indexOf('prepare 20'));
});
