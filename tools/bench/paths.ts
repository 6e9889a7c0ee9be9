/**
 * `npm run bench -- paths --comfyui URL [--photos DIR]`: photos through both paths of a real ComfyUI, and the
 * CIEDE2000 difference of the results.
 */
import sharp from 'sharp';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { deadlineMs, infer } from '../../worker/comfyui/inference.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { findPhotos } from '../../local/run/photos.ts';
import { workflowAt } from '../../cli/comfyui/workflow-at.ts';
import { difference, type Difference } from './ciede2000.ts';
import { RealComfyui } from './measured-comfyui.ts';
import { photo } from './photos.ts';
import { settingsFor } from './settings.ts';

/** Megapixels of the samples. */
const SAMPLES = [1, 3, 3, 3, 12];

interface Passed {
  pixels: Buffer;
  comfySeconds: number;
}

/**
 * Whether a pixel of the plain path's result is inside of the sRGB gamut. A clipped pixel has lost its lightness, which the
 * chroma path keeps, so the paths differ there by an error of the plain path.
 */
const insideGamut = (rgb: Uint8Array) => (pixel: number) =>
  [0, 1, 2].every((c) => rgb[3 * pixel + c]! > 0 && rgb[3 * pixel + c]! < 255);

export async function bench(values: { comfyui: string; photos?: string }): Promise<number> {
  const comfyui = await RealComfyui.at(values.comfyui);
  comfyui.close();
  const { device } = comfyui;
  const name = await workflowAt(values.comfyui);
  const client = new ComfyuiClient(values.comfyui);

  const through = async (
    path: 'chroma' | 'plain',
    body: Buffer,
  ): Promise<Passed & { megapixels: number }> => {
    const settings = settingsFor(device, path, name);
    const images = new LocalImageProcessor(settings);
    const { upload, uploadMegapixels, megapixels } = await images.prepare('one', body);
    const startMs = performance.now();
    const { workflow } = settings;
    const made = await infer(
      { client, workflow, path, log: () => undefined },
      upload,
      10 * deadlineMs(uploadMegapixels),
    );
    const comfySeconds = (performance.now() - startMs) / 1000;
    const { file: result } = await images.finish('one', made, 'bench');
    return { megapixels, comfySeconds, pixels: await sharp(result).removeAlpha().raw().toBuffer() };
  };

  const photos = values.photos
    ? (await findPhotos(values.photos)).photos
    : SAMPLES.map((megapixels, k) => ({ name: `sample ${k}`, read: () => photo(k, megapixels) }));
  console.log(
    'photo, megapixels; seconds in ComfyUI on the chroma and the plain path; CIEDE2000 mean and p99 of all pixels and of those inside of the gamut; share of pixels outside',
  );
  const all: Difference[] = [];
  for (const one of photos) {
    const body = await one.read();
    const chroma = await through('chroma', body);
    const plain = await through('plain', body);
    const apart = difference(chroma.pixels, plain.pixels);
    const inGamut = insideGamut(plain.pixels);
    const inside = difference(chroma.pixels, plain.pixels, inGamut);
    all.push(inside);
    const pixels = plain.pixels.length / 3;
    const outside = Array.from({ length: pixels }, (_, k) => k).filter((k) => !inGamut(k)).length / pixels;
    const seconds = [chroma, plain].map(({ comfySeconds }) => comfySeconds.toFixed(2).padStart(7));
    const figures = [apart, inside]
      .flatMap(({ mean, p99 }) => [mean, p99])
      .map((value) => value.toFixed(2).padStart(6));
    console.log(
      [
        one.name.padEnd(24),
        chroma.megapixels.toFixed(1).padStart(5),
        ...seconds,
        ...figures,
        `${(100 * outside).toFixed(0)} %`.padStart(5),
      ].join('  '),
    );
  }
  const mean = all.reduce((sum, one) => sum + one.mean, 0) / all.length;
  console.log(
    `inside of the gamut: mean ${mean.toFixed(2)}, maximum p99 ${Math.max(...all.map(({ p99 }) => p99)).toFixed(2)}`,
  );
  return 0;
}
