/** Executes a node of each class. */
import sharp from 'sharp';
import {
  chromaOf,
  notFinite,
  readPgm,
  unstacked,
  writePgm,
  type BatchFault,
  type BatchFaults,
  type Grey,
} from './chroma-nodes.ts';
import { colourise, colouriseBoth, type Pixels } from './colour.ts';
import type { Files, SavedFile } from './files.ts';
import { PythonError } from './graph.ts';
import type { Palette } from './palettes.ts';
import { loadPicture, savePicture } from './pictures.ts';

/** Outputs of a node, and the part of them that the history shows. */
export interface NodeOutput {
  picture?: Pixels | Drawn;
  /** Second output of nodes that have one. */
  second?: Pixels;
  /** The picture, where it is grey, or the planes of a and b. */
  grey?: Grey;
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
  /** Resolves when an inference of so many photos that started at `startedMs` (`performance.now()`) may end. */
  inferenceEnd: (startedMs: number, photos: number) => Promise<void>;
  palette: Palette;
  faults: Faults;
  batchFaults: BatchFaults;
  /** Ends this ComfyUI, as a crash does. */
  end: () => void;
  /** Called during each prompt; the benchmark measures by it. */
  meter?: PromptMeter;
}

export interface PromptMeter {
  promptStarted(): void;
  imageLoaded(picture: Pick<Pixels, 'width' | 'height'>): void;
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
  /** Any precision but float32 gives numbers that are not finite. */
  imprecise: boolean;
  /** Of prompts with several photos. */
  batch: BatchFault;
}

export type Inputs = Record<string, unknown>;
type Run = (inputs: Inputs, object: NodeState, world: NodeContext) => Promise<NodeOutput>;

async function pictureOf(input: unknown): Promise<Pixels> {
  const { picture } = input as NodeOutput;
  if (!picture) throw new PythonError('TypeError', "'NoneType' object is not subscriptable\n");
  return typeof picture === 'function' ? picture() : picture;
}

/** As in our own node, a failed load leaves the state unchanged. */
function loadCheckpoint(checkpoint: unknown, object: NodeState, { faults }: NodeContext): void {
  if (object.checkpoint === checkpoint) return;
  if (faults.checkpointUnreadable) {
    const text = `${String(checkpoint)}: 0 bytes are not a checkpoint\n`;
    throw new PythonError('CheckpointError', text);
  }
  object.checkpoint = String(checkpoint);
}

function savedAs(files: Files, prefix: unknown, extension: string) {
  const next = files.nextOutput(String(prefix), extension);
  if (next) return next;
  const root = files.directory('output');
  const text = `**** ERROR: Saving image outside the output folder is not allowed.\n full_output_folder: /\n         output_dir: ${root}\n         commonpath: /\n`;
  throw new PythonError('Exception', text);
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
    const coloured = await colourise(picture, Number(model_input_size), {
      palette: world.palette,
      random: object.randomWeights ?? false,
    });
    await world.inferenceEnd(startedMs, 1);
    return { picture: coloured };
  },

  async DDColor({ image, model_input_size, checkpoint }, object, world) {
    const startedMs = performance.now();
    loadCheckpoint(checkpoint, object, world);
    const picture = await pictureOf(image);
    const size = Number(model_input_size);
    const { coloured, ab } = colouriseBoth(picture, size, world.palette);
    await world.inferenceEnd(startedMs, 1);
    return { picture: coloured, second: ab };
  },

  LoadGrey: async ({ image }, _object, { files, meter }) => {
    const path = files.annotated(String(image));
    const grey = readPgm(path);
    if (!grey) throw new PythonError('PIL.UnidentifiedImageError', `cannot identify image file '${path}'\n`);
    const { width, height } = grey;
    meter?.imageLoaded({ width, height });
    const data = () =>
      Uint8Array.from({ length: 3 * width * height }, (_, i) => grey.data[Math.floor(i / 3)]!);
    return { grey, picture: async () => ({ width, height, data: data() }) };
  },

  async DDColorChroma({ image, model_input_size, checkpoint, precision }, object, world) {
    const startedMs = performance.now();
    loadCheckpoint(checkpoint, object, world);
    const { grey } = image as NodeOutput;
    if (!grey) throw new PythonError('RuntimeError', 'the stand-in takes pictures of LoadGrey alone\n');
    const size = Number(model_input_size);
    const photos = unstacked(grey, size);
    if (world.faults.imprecise && precision !== 'float32') throw notFinite(0, photos.length);
    world.batchFaults.meet(world.faults.batch, photos, world.end);
    const planes = chromaOf(photos, size, world.palette);
    await world.inferenceEnd(startedMs, photos.length);
    return { grey: planes };
  },

  async SaveChroma({ ab, filename_prefix }, _object, { files, faults }) {
    const next = savedAs(files, filename_prefix, 'pgm');
    if (faults.diskFull) throw new PythonError('OSError', '[Errno 28] No space left on device\n');
    const { grey } = ab as NodeOutput;
    const { width = 0, height = 0 } = grey ?? {};
    if (grey) writePgm(grey, next.path, faults.batch === 'cut' && height > 2 * width);
    return { ui: { images: [next.file] } };
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

  async ImageInvert({ image }) {
    const { data, ...size } = await pictureOf(image);
    return { picture: { ...size, data: data.map((value) => 255 - value) } };
  },

  async SaveImage({ images, filename_prefix }, _object, { files, faults }) {
    const next = savedAs(files, filename_prefix, 'png');
    if (faults.diskFull) throw new PythonError('OSError', '[Errno 28] No space left on device\n');
    if ((images as NodeOutput).picture) await savePicture(await pictureOf(images), next.path);
    return { ui: { images: [next.file] } };
  },
};
