/**
 * Runs the image processor in processes of its own: the worker itself never reads a photo, so that a file which hangs, exhausts
 * or takes over its decoder has no AWS credentials and stops neither heartbeats nor other photos.
 *
 * A photo's pixels stay in the process that prepared it. Its file is kept here meanwhile: when that process dies of another
 * photo, this one is prepared again elsewhere.
 */
import type { ColouredPhotos, Output } from '../../contract/photo-types.ts';
import type { Canary } from '../comfyui/canary.ts';
import { usesPlanes } from '../comfyui/workflow.ts';
import { InstanceFault, PermanentFault, TransientFault } from '../photo/faults.ts';
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
import { ImageProcessPool, ProcessDied } from './image-process-pool.ts';
import { resultMegapixels } from './image-protocol.ts';
import { MAX_LOAD, maxFileBytes } from './limits.ts';
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

/** A photo whose process died may not be the reason. One that kills two in a row is. */
const TRIES = 2;
/** Deaths of the processes that held a photo while they worked on others. */
const MAX_OTHERS = 5;

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
  async inspect(body: Buffer, signal?: AbortSignal): Promise<number> {
    const { value, process } = await unlessRefused((fresh) =>
      this.pool.run({ do: 'inspect' }, body, { fresh, signal }),
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
      reserve && (expectedLoad(body, this.settings.maxMegapixels) ?? (await this.inspect(body, signal)));
    const first = await tryWithin(expected);
    const found = 'needs' in first ? await tryWithin(first.needs) : first;
    const { prepared, process } = this.decoded(found);
    this.photos.set(id, { body, choice, process, prepared });
    return prepared;
  }

  async finish(id: string, saved: Buffer, source: string, signal?: AbortSignal): Promise<FinishedPhoto> {
    const photo = this.photos.get(id);
    if (!photo) throw new Error(`photo ${id} is not prepared`);
    this.photos.delete(id);
    if (saved.length > maxFileBytes(resultMegapixels(this.settings)))
      throw new InstanceFault(`the workflow saved a picture of ${saved.length} bytes`);
    const finished = await untilAnswered(async (fresh) => {
      const { body, choice, prepared } = photo;
      const megapixels = Math.max(prepared.megapixels, prepared.load);
      const again = () => this.prepareOnce(id, body, choice, { fresh, signal, megapixels });
      const holder = photo.process ?? this.decoded(await again()).process;
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
    const isPlane = usesPlanes(this.settings.workflow, value.path);
    this.check(process, isPlane === (value.isPlane ?? false), `${isPlane ? 'no ' : ''}plane`);
    const { size = this.settings.workflow.chroma?.size ?? 0 } = choice.look ?? {};
    if (isPlane) this.check(process, upload.length === size * size, `a plane of ${upload.length} bytes`);
    else this.checkPng(process, upload, Math.max(value.megapixels, size ** 2 / 1e6));
    return { prepared: { id, ...value, upload } satisfies PreparedPhoto, process };
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

type Tried<T> = { answer: T } | { died: ProcessDied };

/** Tries a photo again, in a process that has seen no other, when one died: of this photo or of another one. */
async function untilAnswered<T>(attempt: (fresh: boolean) => Promise<T>): Promise<Tried<T>> {
  let [own, others] = [0, 0];
  for (;;) {
    try {
      return { answer: await attempt(own > 0) };
    } catch (died) {
      if (!(died instanceof ProcessDied)) throw died;
      if (died.during === 'another') others++;
      else own++;
      // A photo is the cause of its processor time, whatever else the machine does.
      if (own >= TRIES || others >= MAX_OTHERS || died.exceeded === 'processor time') return { died };
    }
  }
}

async function unlessRefused<T>(attempt: (fresh: boolean) => Promise<T>): Promise<T> {
  const tried = await untilAnswered(attempt);
  if ('answer' in tried) return tried.answer;
  throw tried.died.during === 'request' && tried.died.exceeded !== 'time'
    ? refusal(tried.died)
    : lost(tried.died);
}

/** @returns the fault of a photo whose process died, possibly not because of the photo */
function lost(cause: ProcessDied): Error {
  return cause.during === 'start'
    ? new InstanceFault('no image process starts on this instance', { cause })
    : new TransientFault('the image process that worked on this photo died', { cause });
}

/** @returns what the uploader is told of a file that two image processes died of, or that takes one too much time */
function refusal(cause: ProcessDied): PermanentFault {
  const { exceeded } = cause;
  return exceeded === undefined
    ? new PermanentFault(
        'unreadable-image',
        'The file is damaged in a way that stops its decoder. Send an intact copy.',
        { cause },
      )
    : new PermanentFault(
        'too-large',
        `Decoding the file takes far more ${exceeded} than a photo of its size. Send it as an ordinary JPEG or PNG file.`,
        { cause },
      );
}

/** As its header says, which ComfyUI believes: a few bytes can be a picture of any size. PNG third edition, 11.2.1. */
const pngMegapixels = (file: Buffer): number =>
  file.length < 24 ? Infinity : (file.readUInt32BE(16) * file.readUInt32BE(20)) / 1e6;

function isOf(format: Format, file: Buffer): boolean {
  const found = sniff(file);
  return found !== undefined && 'format' in found && found.format === format;
}
