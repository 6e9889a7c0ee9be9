/** The processing of a photo's pixels before and after ComfyUI, on CPUs. */
import sharp from 'sharp';
import { squareCopy } from '../../colour/resample.ts';
import { roomForColour, type Room } from '../../colour/room.ts';
import { isInColour } from '../../colour/tint.ts';
import type { ColouredPhotos, Output, Remark } from '../../contract/photo-types.ts';
import { graphNamed } from '../../contract/photo-workflow.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { Workflow } from '../../contract/workflow.ts';
import type { Canary } from '../comfyui/canary.ts';
import { usesPlanes } from '../comfyui/workflow.ts';
import { InstanceFault, PermanentFault } from '../photo/faults.ts';
import type { Look } from '../photo/options.ts';
import { coloursOf } from './colours.ts';
import { decodePhoto, type DecodedPhoto } from './decode.ts';
import type { Format } from './formats.ts';
import type { SizeLimits } from './limits.ts';
import { inspectPhoto, megapixelsOf } from './inspect.ts';
import { pathFor, unchanged, type Finish, type Pixels } from './paths.ts';
import { to8 } from './samples.ts';

export interface PreparedPhoto {
  id: string;
  /** Of the result. */
  format: Format;
  megapixels: number;
  /** Megapixels; as many more as it takes more memory and time than a photo of 8 bits. */
  load: number;
  /**
   * Whether its result is the photo itself: no workflow is to run, and `finish` reads no picture.
   *
   * @default false
   */
  isUnchanged?: boolean | undefined;
  /** PNG for the workflow, or, of `isPlane`, a byte of grey for each pixel. */
  upload: Buffer;
  /**
   * Whether the workflow is given a plane of grey bytes instead of a picture, and gives two of chroma.
   *
   * @default false
   */
  isPlane?: boolean | undefined;
  uploadMegapixels: number;
  /** The path that the upload is made for. */
  path: WorkerSettings['path'];
}

/**
 * Reserves memory for the pixels of a photo, in place of what was reserved for it before. It is awaited before any are decoded; of a
 * photo with more than its head promised it is called again.
 *
 * @param load at least the photo's, as in {@link PreparedPhoto}
 */
export type Reserve = (load: number) => Promise<void>;

export interface FinishedPhoto {
  /** The result. */
  file: Buffer;
  remarks: Remark[];
}

/** A photo's steps end with its signal, where the processor can end them: its process then, and the reason is thrown. */
export interface ImageProcessor {
  /**
   * Decodes a photo and holds it under its id until it is finished or discarded.
   *
   * @param output what the photo becomes, of what the workflow can give; `photo` by default
   * @param colouredPhotos what becomes of it when it is in colour already; `recolour` by default
   * @param reserve of its memory. @default it is not limited
   * @param look that it chooses. @default the workflow's own
   * @throws PermanentFault when it cannot be coloured; what `reserve` throws
   */
  prepare(
    id: string,
    body: Buffer,
    output?: Output,
    signal?: AbortSignal,
    colouredPhotos?: ColouredPhotos,
    reserve?: Reserve,
    look?: Look,
  ): Promise<PreparedPhoto>;

  /**
   * Makes the picture of a prepared photo and prepares it for the next workflow of its chain. The photo is still held.
   *
   * @param saved as for `finish`
   * @param look of the next step
   * @throws InstanceFault as `finish` does
   */
  advance(id: string, saved: Buffer, look?: Look, signal?: AbortSignal): Promise<PreparedPhoto>;

  /**
   * Makes the result of a prepared photo, as a file. The photo is no longer held, even when this throws.
   *
   * @param saved the picture that the workflow saved, or the photo's two planes; of an unchanged photo it is not read
   * @param source ETag of the photo, written into the file
   * @throws InstanceFault when the picture is not that photo in colour
   */
  finish(id: string, saved: Buffer, source: string, signal?: AbortSignal): Promise<FinishedPhoto>;

  /** Frees a photo that will not be finished. */
  discard(id: string): void;

  /** Colours of a result, for the canary. */
  colours(result: Buffer): Promise<Canary>;
}

export type ImageSettings = Pick<WorkerSettings, 'maxMegapixels' | 'path' | 'workflow' | 'otherWorkflows'>;

interface Held {
  photo: DecodedPhoto & { load: number };
  output: Output;
  finish: Finish;
  pixels: Pixels;
  remarks: Remark[];
}

/** Runs in the calling process. */
export class LocalImageProcessor implements ImageProcessor {
  private readonly held = new Map<string, Held>();

  constructor(private readonly settings: ImageSettings) {}

  /**
   * Reads a photo's head.
   *
   * @returns its load
   * @throws PermanentFault when the head shows that it cannot be coloured
   */
  async inspect(body: Buffer, look: Look = {}): Promise<number> {
    return (await inspectPhoto(body, this.limitsFor(look))).load;
  }

  async prepare(
    id: string,
    body: Buffer,
    output: Output = 'photo',
    _signal?: AbortSignal,
    colouredPhotos: ColouredPhotos = 'recolour',
    reserve?: Reserve,
    look: Look = {},
  ): Promise<PreparedPhoto> {
    const keepsColours = this.workflowOf(look).input.colour === 'rgb' || colouredPhotos === 'refuse';
    const photo = await decodePhoto(body, this.limitsFor(look), keepsColours, reserve);
    if (colouredPhotos === 'refuse') refuseInColour(photo);
    const remarks: Remark[] = photo.hasMore ? ['first-of-several'] : [];
    if (photo.metadataLeftOut.length > 0) remarks.push('metadata-incomplete');
    return this.hold(id, photo, output, remarks, look);
  }

  async advance(id: string, saved: Buffer, look: Look = {}): Promise<PreparedPhoto> {
    const { photo, output, pixels, remarks } = this.take(id);
    return this.hold(id, { ...photo, ...(await pixels(saved)) }, output, remarks, look);
  }

  /** Holds a photo for a workflow. */
  private async hold(
    id: string,
    whole: Held['photo'],
    output: Output,
    remarks: Remark[],
    look: Look,
  ): Promise<PreparedPhoto> {
    const workflow = sized(this.workflowOf(look), look.size);
    const photo = workflow.input.colour === 'rgb' ? whole : { ...whole, rgb: undefined };
    const seen = greyCopy(photo, workflow.chroma?.size);
    const room: Room = workflow.output.coloured ? roomForColour(seen) : 'plenty';
    const checkColour = (isGrey: boolean) => {
      if (!isGrey || !workflow.output.coloured) return;
      if (room === 'plenty') throw new InstanceFault('the workflow saved a picture without any colour');
      remarks.push(NO_ROOM);
    };
    const found = pathFor({ ...this.settings, workflow }, output, photo, checkColour, look.strength);
    const { path, size, format } = found;
    // A workflow without chroma may change more than colours.
    const isUnchanged = room === 'none' && workflow.chroma !== undefined;
    if (isUnchanged) remarks.push(NO_ROOM);
    const isPlane = usesPlanes(workflow, path);
    const upload = isPlane ? planeOf(seen) : await pngOf(photo, size, seen);
    const { finish, pixels } = isUnchanged ? unchanged(output, workflow.chroma!.size, photo) : found;
    this.held.set(id, { photo, output, finish, pixels, remarks });
    return {
      id,
      format,
      megapixels: photo.megapixels,
      load: photo.load,
      ...(isUnchanged && { isUnchanged }),
      upload,
      ...(isPlane && { isPlane }),
      uploadMegapixels: size ? megapixelsOf(size, size) : photo.megapixels,
      path,
    };
  }

  async finish(id: string, saved: Buffer, source: string): Promise<FinishedPhoto> {
    const { finish, remarks } = this.take(id);
    return { file: await finish(saved, source), remarks };
  }

  discard(id: string): void {
    this.held.delete(id);
  }

  colours(result: Buffer): Promise<Canary> {
    return coloursOf(result);
  }

  /** The photo, which is then held no longer. */
  private take(id: string): Held {
    const held = this.held.get(id);
    if (!held) throw new Error(`photo ${id} is not prepared`);
    this.held.delete(id);
    return held;
  }

  private workflowOf({ workflow: name }: Look): Workflow {
    return graphNamed(this.settings, name);
  }

  private limitsFor(look: Look): SizeLimits {
    const { scale = this.workflowOf(look).output.scale } = look;
    return { maxMegapixels: this.settings.maxMegapixels, scale };
  }
}

/** The workflow with the size of a photo's look. */
const sized = (workflow: Workflow, size: number | undefined): Workflow =>
  size !== undefined && workflow.chroma ? { ...workflow, chroma: { ...workflow.chroma, size } } : workflow;

/** @throws PermanentFault */
function refuseInColour({ rgb, width, height }: DecodedPhoto): void {
  if (!rgb || !isInColour(rgb, width, height)) return;
  throw new PermanentFault(
    'already-coloured',
    "The photo is in colour already, and its option 'coloured-photos' is 'refuse'; with 'recolour' it gets new colours.",
  );
}

const NO_ROOM: Remark = 'no-room-for-colour';

/** In grey as the network sees it: 8 bits, since what it returns is chroma. @param size side of the square; undefined for the whole photo */
function greyCopy({ width, height, grey }: DecodedPhoto, size: number | undefined): Uint8Array {
  const tones = to8(grey);
  return size ? squareCopy(tones, { width, height, channels: 1 }, size) : tones;
}

/** Without a copy. */
const planeOf = ({ buffer, byteOffset, length }: Uint8Array) => Buffer.from(buffer, byteOffset, length);

/**
 * @param size side of the square to send; undefined for the whole photo
 * @param seen the photo in grey, of that size
 */
function pngOf({ width, height, grey, rgb }: DecodedPhoto, size: number | undefined, seen: Uint8Array) {
  const channels = rgb ? 3 : 1;
  const whole = { width, height, channels } as const;
  const square = size && (rgb ? squareCopy(rgb, whole, size) : seen);
  const image =
    size && square
      ? sharp(square, { raw: { width: size, height: size, channels } })
      : sharp(rgb ?? to8(grey), { raw: whole });
  return (
    image
      .toColourspace(rgb ? 'srgb' : 'b-w')
      // It only goes to a process of this instance: speed before size.
      .png({ compressionLevel: 1 })
      .toBuffer()
  );
}
