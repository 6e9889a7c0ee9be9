/** What running a node of each class does. */
import sharp from 'sharp';
import { colourise, colouriseBoth, type Pixels } from './colour.ts';
import type { Files, SavedFile } from './files.ts';
import { PythonError } from './graph.ts';
import { loadPicture, savePicture } from './pictures.ts';

/** What a node hands on, and what it shows of itself in the history. */
export interface Output {
  picture?: Pixels;
  /** A second picture, of nodes that have one. */
  second?: Pixels;
  ui?: { images: SavedFile[] };
}

/** What ComfyUI keeps for a node between prompts: the model lives on it. */
export interface NodeObject {
  /** Checkpoint that the node takes for loaded. */
  checkpoint?: string;
  /** Its weights never arrived; colours are noise from then on. */
  poisoned?: boolean;
}

export interface World {
  files: Files;
  /** Resolves when an inference that began at `startedMs` (of `performance.now()`) may end. */
  inferenceEnd: (startedMs: number) => Promise<void>;
  faults: Faults;
  /** Told of each prompt, for those who reckon what it costs. */
  meter?: Meter;
}

export interface Meter {
  began(): void;
  loaded(picture: Pixels): void;
  /** The prompt ends when this does. */
  ended(): Promise<void>;
}

/** Switches for tests of what goes wrong on a machine. */
export interface Faults {
  /** Loading weights fails, as with a missing or short file. */
  checkpointUnreadable: boolean;
  /** Nothing can be written any more. */
  diskFull: boolean;
}

export type Inputs = Record<string, unknown>;
type Run = (inputs: Inputs, object: NodeObject, world: World) => Promise<Output>;

function pictureOf(input: unknown): Pixels {
  const { picture } = input as Output;
  if (!picture) throw new PythonError('TypeError', "'NoneType' object is not subscriptable\n");
  return picture;
}

export const RUN: Record<string, Run> = {
  LoadImage: async ({ image }, _object, { files, meter }) => {
    const picture = await loadPicture(files.annotated(String(image)));
    meter?.loaded(picture);
    return { picture };
  },

  async DDColor_Colorize({ image, model_input_size, checkpoint }, object, world) {
    const startedMs = performance.now();
    if (object.checkpoint !== checkpoint) {
      // In this order, as in the public node: a load that fails leaves a network without weights, taken for loaded.
      object.checkpoint = String(checkpoint);
      object.poisoned = world.faults.checkpointUnreadable;
      if (object.poisoned) {
        const path = `custom_nodes/ComfyUI-DDColor/checkpoints/${String(checkpoint)}`;
        throw new PythonError('FileNotFoundError', `[Errno 2] No such file or directory: '${path}'\n`);
      }
    }
    const picture = pictureOf(image);
    const coloured = await colourise(picture, Number(model_input_size), object.poisoned);
    await world.inferenceEnd(startedMs);
    return { picture: coloured };
  },

  async DDColor({ image, model_input_size, checkpoint }, object, world) {
    const startedMs = performance.now();
    if (object.checkpoint !== checkpoint) {
      // As in our own node: what cannot be loaded leaves nothing half made.
      if (world.faults.checkpointUnreadable) {
        const text = `${String(checkpoint)}: 0 bytes are not a checkpoint\n`;
        throw new PythonError('CheckpointError', text);
      }
      object.checkpoint = String(checkpoint);
    }
    const picture = pictureOf(image);
    const size = Number(model_input_size);
    const { coloured, ab } = await colouriseBoth(picture, size);
    await world.inferenceEnd(startedMs);
    return { picture: coloured, second: ab };
  },

  async ImageScaleBy({ image, scale_by }) {
    const { width, height, data } = pictureOf(image);
    const to = [Math.round(width * Number(scale_by)), Math.round(height * Number(scale_by))] as const;
    const raw = sharp(data, { raw: { width, height, channels: 3 } });
    const scaled = await raw
      .resize(...to, { fit: 'fill', kernel: 'lanczos3' })
      .raw()
      .toBuffer();
    return { picture: { width: to[0], height: to[1], data: scaled } };
  },

  async ImageSharpen({ image, sigma }) {
    const { width, height, data } = pictureOf(image);
    const raw = sharp(data, { raw: { width, height, channels: 3 } });
    return {
      picture: {
        width,
        height,
        data: await raw
          .sharpen({ sigma: Number(sigma) })
          .raw()
          .toBuffer(),
      },
    };
  },

  async SaveImage({ images, filename_prefix }, _object, { files, faults }) {
    const { picture } = images as Output;
    const next = files.nextOutput(String(filename_prefix));
    if (!next) {
      const root = files.directory('output');
      const text = `**** ERROR: Saving image outside the output folder is not allowed.\n full_output_folder: /\n         output_dir: ${root}\n         commonpath: /\n`;
      throw new PythonError('Exception', text);
    }
    if (faults.diskFull) throw new PythonError('OSError', '[Errno 28] No space left on device\n');
    if (picture) await savePicture(picture, next.path);
    return { ui: { images: [next.file] } };
  },
};
