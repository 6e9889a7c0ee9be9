/**
 * Runs the image processor in processes of its own: the worker itself never reads a photo, so that a file which hangs, exhausts
 * or takes over its decoder has no AWS credentials and stops neither heartbeats nor other photos.
 *
 * A photo's pixels stay in the process that prepared it. Its file is kept here meanwhile: when that process dies of another
 * photo, this one is prepared again elsewhere.
 */
import type { ColouredPhotos, Output } from '../../contract/photo-types.ts';
import type { Canary } from '../comfyui/canary.ts';
import { graphNamed } from '../../contract/photo-workflow.ts';
import { usesPlanes } from '../comfyui/workflow.ts';
import { InstanceFault, TransientFault } from '../photo/faults.ts';
import type { Look } from '../photo/options.ts';
import type { Log } from '../telemetry/log.ts';
import { expectedLoad } from './expected-load.ts';
import { sniff, type Format } from './formats.ts';
import { childProcesses, type ConnectImageProcess } from './image-connection.ts';
import type {
  FinishedPhoto,
  ImageProcessor,
  ImageSettings,
  PreparedPhoto,
  Reserve,
} from './image-processor.ts';
import { ImageProcessPool } from './image-process-pool.ts';
import { resultMegapixels, type Value } from './image-protocol.ts';
import { MAX_LOAD, maxFileBytes } from './limits.ts';
import { lost, unlessRefused, untilAnswered } from './image-process-tries.ts';
import type { ImageProcess, Needs } from './pooled-process.ts';

interface HeldPhoto {
  body: Buffer;
  choice: {
    output: Output | undefined;
    colouredPhotos: ColouredPhotos | undefined;
    look: Look | undefined;
  };
  /** Holds its pixels; undefined when it has died. */
  process: ImageProcess | undefined;
  prepared: PreparedPhoto;
  /** Its steps before the present one: what each saved, and the look of the next. */
  advanced: { saved: Buffer; look: Look | undefined }[];
}

interface Decoded {
  prepared: PreparedPhoto;
  process: ImageProcess;
}

/** A photo of a larger load than memory is reserved for. */
interface NotDecoded {
  needs: number;
  process: ImageProcess;
}

/**
 * Image processes of a worker whose photos keep some of them at work. One that waits for a file, for its result to be read or for its own
 * one thread leaves its processor to others.
 */
export const withSpare = (atWork: number): number => atWork + 2;

export class ImageProcesses implements ImageProcessor {
  private readonly pool: ImageProcessPool;
  private readonly photos = new Map<string, HeldPhoto>();

  constructor(
    private readonly settings: ImageSettings,
    count: number,
    log: Log,
    connect: ConnectImageProcess = childProcesses(),
  ) {
    this.pool = new ImageProcessPool(settings, count, connect, log, (process) => {
      for (const photo of this.photos.values()) if (photo.process === process) photo.process = undefined;
    });
  }

  /** Has a photo's head read. @returns its load */
  async inspect(body: Buffer, signal?: AbortSignal, look?: Look): Promise<number> {
    const { value, process } = await unlessRefused((fresh) =>
      this.pool.run({ do: 'inspect', look }, body, { fresh, signal }),
    );
    const { megapixels } = value;
    this.check(process, this.isAllowed(megapixels / MAX_LOAD), `a load of ${megapixels} megapixels`);
    return megapixels;
  }

  async prepare(
    id: string,
    body: Buffer,
    output?: Output,
    signal?: AbortSignal,
    colouredPhotos?: ColouredPhotos,
    reserve?: Reserve,
    look?: Look,
  ): Promise<PreparedPhoto> {
    const choice = { output, colouredPhotos, look };
    const tryWithin = async (megapixels?: number) => {
      if (megapixels !== undefined) await reserve?.(megapixels);
      return unlessRefused((fresh) => this.prepareOnce(id, body, choice, { fresh, signal, megapixels }));
    };
    const expected =
      reserve &&
      (expectedLoad(body, this.settings.maxMegapixels) ?? (await this.inspect(body, signal, look)));
    const first = await tryWithin(expected);
    const found = 'needs' in first ? await tryWithin(first.needs) : first;
    const { prepared, process } = this.decoded(found);
    this.photos.set(id, { body, choice, process, prepared, advanced: [] });
    return prepared;
  }

  async advance(id: string, saved: Buffer, look?: Look, signal?: AbortSignal): Promise<PreparedPhoto> {
    const photo = this.photoOf(id);
    this.checkSaved(saved);
    const advanced = await untilAnswered(async (fresh) => {
      const holder = photo.process ?? (await this.holdAgain(id, photo, { fresh, signal }));
      photo.process = undefined;
      return this.advanceOnce(id, photo, { saved, look }, { process: holder, signal });
    });
    if ('died' in advanced) throw lost(advanced.died);
    const { prepared, process } = advanced.answer;
    photo.advanced.push({ saved, look });
    Object.assign(photo, { prepared, process });
    return prepared;
  }

  async finish(id: string, saved: Buffer, source: string, signal?: AbortSignal): Promise<FinishedPhoto> {
    const photo = this.photoOf(id);
    this.photos.delete(id);
    this.checkSaved(saved);
    const finished = await untilAnswered(async (fresh) => {
      const megapixels = loadOf(photo.prepared);
      const holder = photo.process ?? (await this.holdAgain(id, photo, { fresh, signal }));
      // Whatever becomes of this try, the photo is then held no longer.
      photo.process = undefined;
      return this.pool.run({ do: 'finish', id, source }, saved, { process: holder, megapixels, signal });
    });
    if ('died' in finished) throw lost(finished.died);
    const { body: file, value, process } = finished.answer;
    this.check(process, isOf(photo.prepared.format, file), `a result that is not ${photo.prepared.format}`);
    return { file, remarks: value.remarks };
  }

  discard(id: string): void {
    const process = this.photos.get(id)?.process;
    this.photos.delete(id);
    if (process) void this.pool.run({ do: 'discard', id }, undefined, { process }).catch(() => undefined);
  }

  async colours(result: Buffer): Promise<Canary> {
    return (await unlessRefused((fresh) => this.pool.run({ do: 'colours' }, result, { fresh }))).value;
  }

  close(): void {
    this.pool.close();
  }

  private photoOf(id: string): HeldPhoto {
    const photo = this.photos.get(id);
    if (!photo) throw new Error(`photo ${id} is not prepared`);
    return photo;
  }

  private checkSaved(saved: Buffer): void {
    if (saved.length > maxFileBytes(resultMegapixels(this.settings)))
      throw new InstanceFault(`the workflow saved a picture of ${saved.length} bytes`);
  }

  /** Prepares a photo again, up to the step that it is at. @returns the process that holds it */
  private async holdAgain(id: string, { body, choice, prepared, advanced }: HeldPhoto, where: Needs) {
    const megapixels = loadOf(prepared);
    let { process } = this.decoded(await this.prepareOnce(id, body, choice, { ...where, megapixels }));
    for (const step of advanced)
      ({ process } = await this.advanceOnce(id, { prepared }, step, { signal: where.signal, process }));
    return process;
  }

  private async advanceOnce(
    id: string,
    { prepared }: Pick<HeldPhoto, 'prepared'>,
    { saved, look }: HeldPhoto['advanced'][number],
    where: Needs,
  ): Promise<Decoded> {
    const megapixels = loadOf(prepared);
    const request = { do: 'advance', id, look } as const;
    const { value, body: upload, process } = await this.pool.run(request, saved, { ...where, megapixels });
    const isSame = value.load === prepared.load && value.megapixels === prepared.megapixels;
    this.check(process, isSame, `a load of ${value.load} and ${value.megapixels} megapixels at a next step`);
    this.checkUpload(process, value, upload, look);
    return { prepared: { id, ...value, upload } satisfies PreparedPhoto, process };
  }

  /** @param where with the load that the photo may have. @default any that is allowed */
  private async prepareOnce(
    id: string,
    body: Buffer,
    choice: HeldPhoto['choice'],
    where: Needs,
  ): Promise<Decoded | NotDecoded> {
    const { megapixels = Infinity } = where;
    const request = { do: 'prepare', id, ...choice, megapixels: where.megapixels } as const;
    const { value, body: upload, process } = await this.pool.run(request, body, where);
    if ('needs' in value) {
      const isMore = value.needs > megapixels && this.isAllowed(value.needs / MAX_LOAD);
      this.check(process, isMore, `a need of ${value.needs} megapixels`);
      return { needs: value.needs, process };
    }
    const isWithin = value.load <= megapixels && this.isAllowed(value.load / MAX_LOAD);
    this.check(process, isWithin, `a load of ${value.load} megapixels`);
    this.check(process, this.isAllowed(value.megapixels), `${value.megapixels} megapixels`);
    this.checkUpload(process, value, upload, choice.look);
    return { prepared: { id, ...value, upload } satisfies PreparedPhoto, process };
  }

  /** Checks what goes to the workflow of a look. */
  private checkUpload(
    process: ImageProcess,
    value: Value<'advance'>,
    upload: Buffer,
    { workflow: name, size: side }: Look = {},
  ): void {
    const workflow = graphNamed(this.settings, name);
    const isPlane = usesPlanes(workflow, value.path);
    this.check(process, isPlane === (value.isPlane ?? false), `${isPlane ? 'no ' : ''}plane`);
    const size = side ?? workflow.chroma?.size ?? 0;
    if (isPlane) this.check(process, upload.length === size * size, `a plane of ${upload.length} bytes`);
    else this.checkPng(process, upload, Math.max(value.megapixels, size ** 2 / 1e6));
  }

  /** Of an answer that must not ask for more: the load is as the process itself has found it. */
  private decoded(found: Decoded | NotDecoded): Decoded {
    if (!('needs' in found)) return found;
    this.pool.distrust(found.process, `a second need of ${found.needs} megapixels`);
    throw new TransientFault(`an image process returned two loads of one photo`);
  }

  /** @param megapixels of the photo, or of the square that ComfyUI gets on the chroma path */
  private checkPng(process: ImageProcess, upload: Buffer, megapixels: number): void {
    this.check(process, isOf('png', upload), 'an upload that is not PNG');
    const decoded = pngMegapixels(upload);
    const said = `an upload of ${decoded} megapixels`;
    this.check(process, decoded <= megapixels + 0.01, said);
  }

  private isAllowed(megapixels: number): boolean {
    // It is rounded to two digits.
    return megapixels <= this.settings.maxMegapixels + 0.01;
  }

  private check(process: ImageProcess, isTrue: boolean, said: string): void {
    if (isTrue) return;
    this.pool.distrust(process, said);
    throw new TransientFault(`an image process returned ${said}`);
  }
}

/** Of a photo that is prepared. */
const loadOf = ({ megapixels, load }: PreparedPhoto): number => Math.max(megapixels, load);

/** As its header says, which ComfyUI believes: a few bytes can be a picture of any size. PNG third edition, 11.2.1. */
const pngMegapixels = (file: Buffer): number =>
  file.length < 24 ? Infinity : (file.readUInt32BE(16) * file.readUInt32BE(20)) / 1e6;

function isOf(format: Format, file: Buffer): boolean {
  const found = sniff(file);
  return found !== undefined && 'format' in found && found.format === format;
}
