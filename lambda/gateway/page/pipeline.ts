/** Takes photos from the user's files to their results, several at a time. */
import { offerOf, type Offer, type OfferedWorkflow } from '../../../contract/offered-workflow.ts';
import type { NewPhoto } from '../../../contract/photo-api.ts';
import { FULL_STRENGTH, sizeWith, type Options, type PhotoOption } from '../../../contract/photo-option.ts';
import type { PhotoType } from '../../../contract/photo-types.ts';
import type { ImageWorkerClient } from './image-client.ts';
import { BrowserError } from './image-messages.ts';
import { graphOptions, strengthOf } from './looks.ts';
import type { PhotoTask } from './photo-task.ts';
import type { CodedError, Operation, PhotoService } from './service.ts';
import type { ErrorCode } from './texts.ts';
import { Semaphore } from './throttle.ts';

export interface PipelineOptions {
  service: PhotoService;
  imageWorker: Pick<ImageWorkerClient, 'request'>;
  maxUploadBytes: number;
  chromaSize: number;
  /**
   * Of the stage's workflow.
   *
   * @default none
   */
  photoOptions?: readonly PhotoOption[];
  /** That a photo may have instead. @default none */
  workflows?: readonly OfferedWorkflow[] | undefined;
  /** Called after each change of a photo. */
  onChange: (task: PhotoTask) => void;
  /** Epoch milliseconds. */
  now: () => number;
}

type Change = (fields: Partial<PhotoTask>) => void;

/** More uploads at once would share the same connection. */
const CONCURRENT_UPLOADS = 4;
/** Of an album of hundreds the first results are not to wait until the last photo is prepared. */
const FINISHING = true;
/** After these errors the uploaded photo is still at the service. */
const STILL_UPLOADED = new Set<ErrorCode | undefined>(['unavailable', 'unauthorized', 'too-busy']);
/** The service need not know the name of an original that stays on the device. */
const GREY_COPY_NAME = 'grey.jpg';

export class Pipeline {
  private readonly uploads = new Semaphore(CONCURRENT_UPLOADS);
  /** One photo in the image worker's memory at a time. */
  private readonly images = new Semaphore(1);

  constructor(private readonly options: PipelineOptions) {}

  /** Runs a photo to its outcome; never rejects. */
  async run(task: PhotoTask): Promise<void> {
    const { now, onChange } = this.options;
    const { signal } = task.abort;
    const change: Change = (fields) => {
      // Every change but a retry itself means that the service answers.
      if (!signal.aborted) onChange(Object.assign(task, { retrying: false }, fields));
    };
    change({ step: 'queued', startedAt: now(), error: undefined, detail: '', uploadProgress: 0 });
    try {
      const type = this.checkedType(task);
      if (task.keepOriginal) await this.colourInBrowser(task, change);
      else await this.colourOnServer(task, type, change);
      change({ step: 'succeeded', finishedAt: now() });
    } catch (error) {
      const { code, message } = error as Partial<CodedError>;
      change({ step: 'failed', finishedAt: now(), error: code, detail: message ?? '' });
    }
  }

  /** @throws BrowserError for a file that the service would reject */
  private checkedType({ file, type, keepOriginal }: PhotoTask): PhotoType {
    if (type === undefined) throw new BrowserError('wrong-type');
    if (file.size === 0) throw new BrowserError('empty-file');
    if (!keepOriginal && file.size > this.options.maxUploadBytes) throw new BrowserError('file-too-large');
    return type;
  }

  private async colourInBrowser(task: PhotoTask, change: Change): Promise<void> {
    const { imageWorker } = this.options;
    const { chromaSize, options: photoOptions = [] } = this.offerOf(task);
    const size = sizeWith(photoOptions, task.options, chromaSize);
    // With the type of its extension if the browser has none.
    const file = task.file.slice(0, task.file.size, task.type);
    const { grey, preview } = await this.withImageWorker(task, () => {
      change({ step: 'preparing' });
      return imageWorker.request({ kind: 'prepare', file, size });
    });
    showPreview(task, 'before', preview, change);
    const photo = {
      ...({ name: GREY_COPY_NAME, type: 'image/jpeg', output: 'chroma', lane: task.lane } as const),
      // This browser merges the colours, so the service has no say in their strength.
      ...workflowField(task),
      ...optionsField(graphOptions(photoOptions, task.options)),
    };
    const chroma = await this.resultOf(task, grey, photo, change);
    const merge = () => {
      change({ step: 'merging' });
      return imageWorker.request({ kind: 'merge', file, chroma, strength: this.strengthOf(task) });
    };
    const merged = await this.withImageWorker(task, merge, FINISHING);
    change({ result: merged.result, chroma });
    showPreview(task, 'after', merged.preview, change);
  }

  /** Percent. */
  private strengthOf(task: PhotoTask): number {
    const option = strengthOf(this.optionsOf(task));
    return option ? Number(task.options[option.name] ?? option.default) : FULL_STRENGTH;
  }

  /** Of the photo's workflow. */
  readonly optionsOf = (task: PhotoTask): readonly PhotoOption[] => this.offerOf(task).options ?? [];

  private offerOf({ workflow }: PhotoTask): Omit<Offer, 'workflows'> {
    const { chromaSize, photoOptions: options, workflows } = this.options;
    return offerOf({ chromaSize, options, workflows }, workflow) ?? { chromaSize, options };
  }

  /**
   * Shows the colours of a finished photo in another strength; with `isFinal` its result has it too.
   *
   * @param strength percent
   */
  async recolour(task: PhotoTask, strength: number, isFinal: boolean): Promise<void> {
    const { imageWorker, onChange } = this.options;
    const option = strengthOf(this.optionsOf(task));
    const {
      chroma,
      pictures: { before: small },
    } = task;
    if (!option || !chroma || !small) return;
    const change: Change = (fields) => onChange(Object.assign(task, fields));
    task.options = { ...task.options, [option.name]: strength };
    const isNewest = () => task.options[option.name] === strength && !task.abort.signal.aborted;
    await this.withImageWorker(
      task,
      async () => {
        // The slider has moved on.
        if (!isNewest()) return;
        const preview = await imageWorker.request({ kind: 'tint', file: small, chroma, strength });
        if (isNewest()) showPreview(task, 'after', preview, change);
        if (!isFinal || !isNewest()) return;
        const file = task.file.slice(0, task.file.size, task.type);
        const { result } = await imageWorker.request({ kind: 'merge', file, chroma, strength });
        if (isNewest()) change({ result, saved: false });
      },
      FINISHING,
    ).catch(() => undefined);
  }

  private async colourOnServer(task: PhotoTask, type: PhotoType, change: Change): Promise<void> {
    const { file } = task;
    // The service may support a format that this browser cannot show.
    const preview = async (side: 'before' | 'after', image: Blob) => {
      const request = () => this.options.imageWorker.request({ kind: 'preview', file: image });
      const made = await this.withImageWorker(task, request, side === 'after').catch(() => undefined);
      if (made) showPreview(task, side, made, change);
    };
    const before = preview('before', file);
    const photo = {
      ...({ name: task.name, type, output: 'photo', lane: task.lane } as const),
      ...workflowField(task),
      ...optionsField(task.options),
    };
    const result = await this.resultOf(task, file, photo, change);
    await before;
    change({ result });
    await preview('after', result);
  }

  /** One photo at a time; not for a photo that was removed meanwhile. */
  private withImageWorker<T>({ abort }: PhotoTask, request: () => Promise<T>, isUrgent = false): Promise<T> {
    return this.images.run(() => {
      abort.signal.throwIfAborted();
      return request();
    }, isUrgent);
  }

  /** Uploads bytes, unless an earlier attempt did, and downloads the result. */
  private async resultOf(
    task: PhotoTask,
    body: Blob,
    photo: Omit<NewPhoto, 'size'>,
    change: Change,
  ): Promise<Blob> {
    const { service, now } = this.options;
    const operation = operationOf(task, change);
    try {
      const id = task.id ?? (await this.upload(task, body, photo, change));
      change({ id, step: 'waiting', waitingSince: now(), statusAt: now() });
      const succeeded = await service.wait(
        id,
        ({ ahead, seconds, secondsAtMost }) => change({ ahead, seconds, secondsAtMost, statusAt: now() }),
        operation,
      );
      change({ step: 'downloading', remarks: succeeded.remarks ?? [] });
      const result = await service.download(succeeded, operation);
      change({ bytesReceived: task.bytesReceived + result.size });
      return result;
    } catch (error) {
      if (!STILL_UPLOADED.has((error as Partial<CodedError>).code)) task.id = undefined;
      throw error;
    }
  }

  private upload(
    task: PhotoTask,
    body: Blob,
    photo: Omit<NewPhoto, 'size'>,
    change: Change,
  ): Promise<string> {
    const { service } = this.options;
    const operation = operationOf(task, change);
    return this.uploads.run(async () => {
      operation.signal.throwIfAborted();
      change({ step: 'uploading', uploadProgress: 0 });
      const created = await service.create({ ...photo, size: body.size }, operation);
      await service.upload(created, body, (uploadProgress) => change({ uploadProgress }), operation);
      change({ bytesSent: task.bytesSent + body.size });
      return created.id;
    });
  }
}

/** Of a stage with several. */
const workflowField = ({ workflow }: PhotoTask) => (workflow === undefined ? {} : { workflow });

/** A service of an earlier version takes no options. */
const optionsField = (options: Options) => (Object.keys(options).length > 0 ? { options } : {});

const operationOf = ({ abort }: PhotoTask, change: Change): Operation => ({
  signal: abort.signal,
  onRetry: () => change({ retrying: true }),
});

/** Replaces a preview and frees the one before. */
function showPreview(task: PhotoTask, side: 'before' | 'after', image: Blob, change: Change): void {
  if (task.abort.signal.aborted) return;
  const old = task[side];
  change({ [side]: URL.createObjectURL(image), pictures: { ...task.pictures, [side]: image } });
  if (old !== undefined) URL.revokeObjectURL(old);
}
