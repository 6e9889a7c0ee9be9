/** Executes a node of each class. */
import sharp from 'sharp';
import { colourise, colouriseBoth, type Pixels } from './colour.ts';
import type { Files, SavedFile } from './files.ts';
import { PythonError } from './graph.ts';
import { loadPicture, savePicture } from './pictures.ts';

/** Outputs of a node, and the part of them that the history shows. */
export interface NodeOutput {
  picture?: Pixels | Drawn;
  /** Second output of nodes that have one. */
  second?: Pixels;
  ui?: { images: SavedFile[] };
}

/** A picture that is drawn when a node asks for it. */
type Drawn = () => Promise<Pixels>;

/** State of a node that ComfyUI keeps between prompts, such as the loaded model. */
export interface NodeState {
  /** Checkpoint that counts as loaded. */
  checkpoint?: string;
  /** Loading has failed, so the network has random weights and its colours are noise. */
  randomWeights?: boolean;
}

export interface NodeContext {
  files: Files;
  /** Resolves when an inference that started at `startedMs` (`performance.now()`) may end. */
  inferenceEnd: (startedMs: number) => Promise<void>;
  faults: Faults;
  /** Called during each prompt; the benchmark measures by it. */
  meter?: PromptMeter;
}

export interface PromptMeter {
  promptStarted(): void;
  imageLoaded(picture: Pixels): void;
  /** The prompt ends when this resolves. */
  promptFinished(): Promise<void>;
}

/** Faults that tests and chaos runs switch on. */
export interface Faults {
  /** Loading weights fails, as with a missing or truncated file. */
  checkpointUnreadable: boolean;
  /** Writing files fails. */
  diskFull: boolean;
  /** The custom nodes were not imported, as with a package that is missing in the image. */
  nodesMissing: boolean;
}

export type Inputs = Record<string, unknown>;
type Run = (inputs: Inputs, object: NodeState, world: NodeContext) => Promise<NodeOutput>;

async function pictureOf(input: unknown): Promise<Pixels> {
  const { picture } = input as NodeOutput;
  if (!picture) throw new PythonError('TypeError', "'NoneType' object is not subscriptable\n");
  return typeof picture === 'function' ? picture() : picture;
}

export const RUN: Record<string, Run> = {
  LoadImage: async ({ image }, _object, { files, meter }) => {
    const picture = await loadPicture(files.annotated(String(image)));
    meter?.imageLoaded(picture);
    return { picture };
  },

  async DDColor_Colorize({ image, model_input_size, checkpoint }, object, world) {
    const startedMs = performance.now();
    if (object.checkpoint !== checkpoint) {
      // In the public node's order: after a failed load the checkpoint counts as loaded, with random weights.
      object.checkpoint = String(checkpoint);
      object.randomWeights = world.faults.checkpointUnreadable;
      if (object.randomWeights) {
        const path = `custom_nodes/ComfyUI-DDColor/checkpoints/${String(checkpoint)}`;
        throw new PythonError('FileNotFoundError', `[Errno 2] No such file or directory: '${path}'\n`);
      }
    }
    const picture = await pictureOf(image);
    const coloured = await colourise(picture, Number(model_input_size), object.randomWeights);
    await world.inferenceEnd(startedMs);
    return { picture: coloured };
  },

  async DDColor({ image, model_input_size, checkpoint }, object, world) {
    const startedMs = performance.now();
    if (object.checkpoint !== checkpoint) {
      // As in our own node, a failed load leaves the state unchanged.
      if (world.faults.checkpointUnreadable) {
        const text = `${String(checkpoint)}: 0 bytes are not a checkpoint\n`;
        throw new PythonError('CheckpointError', text);
      }
      object.checkpoint = String(checkpoint);
    }
    const picture = await pictureOf(image);
    const size = Number(model_input_size);
    const { coloured, ab } = colouriseBoth(picture, size);
    await world.inferenceEnd(startedMs);
    return { picture: coloured, second: ab };
  },

  async ImageScaleBy({ image, scale_by }) {
    const { width, height, data } = await pictureOf(image);
    const to = [Math.round(width * Number(scale_by)), Math.round(height * Number(scale_by))] as const;
    const raw = sharp(data, { raw: { width, height, channels: 3 } });
    const scaled = await raw
      .resize(...to, { fit: 'fill', kernel: 'lanczos3' })
      .raw()
      .toBuffer();
    return { picture: { width: to[0], height: to[1], data: scaled } };
  },

  async ImageSharpen({ image, sigma }) {
    const { width, height, data } = await pictureOf(image);
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
    const next = files.nextOutput(String(filename_prefix));
    if (!next) {
      const root = files.directory('output');
      const text = `**** ERROR: Saving image outside the output folder is not allowed.\n full_output_folder: /\n         output_dir: ${root}\n         commonpath: /\n`;
      throw new PythonError('Exception', text);
    }
    if (faults.diskFull) throw new PythonError('OSError', '[Errno 28] No space left on device\n');
    if ((images as NodeOutput).picture) await savePicture(await pictureOf(images), next.path);
    return { ui: { images: [next.file] } };
  },
};
