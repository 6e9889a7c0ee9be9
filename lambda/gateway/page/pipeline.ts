/** Takes photos from the user's files to their colours, several at a time. */
import { safeFileName } from '../../../client/api.ts';
import type { CreatedPhoto, NewPhoto, PhotoStatus } from '../../../contract/photo-api.ts';
import type { PhotoType } from '../../../contract/photo-types.ts';
import { Semaphore } from './throttle.ts';
import { BrowserError } from './image-messages.ts';
import type { ImageWorkerClient } from './image-client.ts';
import type { Reason } from './texts.ts';
import type { PhotoTask } from './photo-task.ts';

type Waiting = Extract<PhotoStatus, { status: 'waiting' }>;
type Done = Extract<PhotoStatus, { status: 'succeeded' }>;

/** A refusal of the service, in its words. */
export interface ServiceError extends Error {
  code: Reason;
}

/** The service, as far as the page needs it; what it refuses is thrown as {@link ServiceError}. */
export interface PhotoService {
  create(photo: NewPhoto, signal: AbortSignal): Promise<CreatedPhoto>;
  upload(
    created: CreatedPhoto,
    body: Blob,
    progress: (part: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Resolves when the photo is done. @param waiting told of each look before */
  wait(id: string, waiting: (status: Waiting) => void, signal: AbortSignal): Promise<Done>;
  download(done: Done, signal: AbortSignal): Promise<Blob>;
}

export interface PipelineOptions {
  service: PhotoService;
  imageWorker: ImageWorkerClient;
  maxUploadBytes: number;
  chromaSize: number;
  /** Called after each change of a photo. */
  changed: (work: PhotoTask) => void;
  /** Epoch milliseconds. */
  now: () => number;
}

/** Photos that are sent at a time: more would only share the same line. */
const SENDING = 4;
/** After these a photo that was sent is still there. */
const PASSING = new Set<Reason | undefined>(['unavailable', 'unauthorized', 'too-busy']);
/** What the service is told in place of a name that it does not need. */
const SMALL_NAME = 'small.jpg';

export class Pipeline {
  private readonly sending = new Semaphore(SENDING);
  /** One thread, one photo in its memory at a time. */
  private readonly pixels = new Semaphore(1);

  constructor(private readonly options: PipelineOptions) {}

  /** Brings a photo to its end; never rejects. */
  async run(work: PhotoTask): Promise<void> {
    const { abort } = work;
    const change = (more: Partial<PhotoTask>) => {
      if (!abort.signal.aborted) this.options.changed(Object.assign(work, more));
    };
    change({
      step: 'queued',
      startedAt: this.options.now(),
      reason: undefined,
      detail: '',
      uploadProgress: 0,
    });
    try {
      const type = this.checkedType(work);
      if (work.keepOriginal) await this.colourInBrowser(work, change);
      else await this.colourOnServer(work, type, change);
      change({ step: 'succeeded', endedAt: this.options.now() });
    } catch (error) {
      const { code, message } = error as Partial<ServiceError>;
      change({ step: 'failed', endedAt: this.options.now(), reason: code, detail: message ?? '' });
    }
  }

  /** @throws HereError for what nobody needs to be asked about */
  private checkedType({ file, type, keepOriginal: here }: PhotoTask): PhotoType {
    if (type === undefined) throw new BrowserError('wrong-type');
    if (file.size === 0) throw new BrowserError('empty-file');
    if (!here && file.size > this.options.maxUploadBytes) throw new BrowserError('file-too-large');
    return type;
  }

  private async colourInBrowser(work: PhotoTask, change: (more: Partial<PhotoTask>) => void): Promise<void> {
    const { imageWorker: studio, chromaSize: size } = this.options;
    // With the type that its name tells, where the browser knew none.
    const file = work.file.slice(0, work.file.size, work.type);
    const { grey, preview } = await this.useImageWorker(work, () => {
      change({ step: 'preparing' });
      return studio.request({ kind: 'prepare', file, size });
    });
    show(work, 'before', preview, change);
    const photo = { name: SMALL_NAME, type: 'image/jpeg', output: 'chroma' } as const;
    const chroma = await this.colourBytes(work, grey, photo, change);
    const finished = await this.useImageWorker(work, () => {
      change({ step: 'merging' });
      return studio.request({ kind: 'finish', file, chroma });
    });
    change({ result: finished.result });
    show(work, 'after', finished.preview, change);
  }

  private async colourOnServer(
    work: PhotoTask,
    type: PhotoType,
    change: (more: Partial<PhotoTask>) => void,
  ): Promise<void> {
    const { file } = work;
    // What this browser cannot show may still be coloured.
    const preview = async (side: 'before' | 'after', picture: Blob) => {
      const ask = () => this.options.imageWorker.request({ kind: 'preview', file: picture });
      const made = await this.useImageWorker(work, ask).catch(() => undefined);
      if (made) show(work, side, made, change);
    };
    const before = preview('before', file);
    const photo = { name: safeFileName(file.name), type, output: 'photo' } as const;
    const result = await this.colourBytes(work, file, photo, change);
    await before;
    change({ result });
    await preview('after', result);
  }

  /** Work on pixels, one photo at a time; none for a photo that was removed meanwhile. */
  private useImageWorker<T>({ abort }: PhotoTask, ask: () => Promise<T>): Promise<T> {
    return this.pixels.run(() => {
      abort.signal.throwIfAborted();
      return ask();
    });
  }

  /** Sends bytes, unless the service has them, and waits for what it makes of them. */
  private async colourBytes(
    work: PhotoTask,
    body: Blob,
    photo: Omit<NewPhoto, 'size'>,
    change: (more: Partial<PhotoTask>) => void,
  ): Promise<Blob> {
    const { service, now } = this.options;
    const { signal } = work.abort;
    try {
      const id = work.id ?? (await this.send(work, body, photo, change));
      change({ id, step: 'waiting', waitingSince: now(), statusAt: now() });
      const done = await service.wait(
        id,
        ({ ahead, seconds, secondsAtMost }) => change({ ahead, seconds, secondsAtMost, statusAt: now() }),
        signal,
      );
      change({ step: 'fetching' });
      const received = await service.download(done, signal);
      change({ bytesReceived: work.bytesReceived + received.size });
      return received;
    } catch (error) {
      // What came to its end there, or is not known there, has to be sent again.
      if (!PASSING.has((error as Partial<ServiceError>).code)) work.id = undefined;
      throw error;
    }
  }

  private send(
    work: PhotoTask,
    body: Blob,
    photo: Omit<NewPhoto, 'size'>,
    change: (more: Partial<PhotoTask>) => void,
  ): Promise<string> {
    const { service } = this.options;
    const { signal } = work.abort;
    return this.sending.run(async () => {
      signal.throwIfAborted();
      change({ step: 'sending', uploadProgress: 0 });
      const created = await service.create({ ...photo, size: body.size }, signal);
      await service.upload(created, body, (sent) => change({ uploadProgress: sent }), signal);
      change({ bytesSent: work.bytesSent + body.size });
      return created.id;
    });
  }
}

/** Puts a picture up, in place of the one before. */
function show(
  work: PhotoTask,
  side: 'before' | 'after',
  picture: Blob,
  change: (more: Partial<PhotoTask>) => void,
): void {
  if (work.abort.signal.aborted) return;
  const old = work[side];
  change({ [side]: URL.createObjectURL(picture) });
  if (old !== undefined) URL.revokeObjectURL(old);
}
