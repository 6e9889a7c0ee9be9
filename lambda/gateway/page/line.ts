/** Takes photos from the user's files to their colours, several at a time. */
import type { CreatedPhoto, NewPhoto, PhotoStatus } from '../../../contract/photo-api.ts';
import type { PhotoType } from '../../../contract/photo-types.ts';
import { Gate } from './gate.ts';
import { HereError } from './studio-messages.ts';
import type { Studio } from './studio-client.ts';
import type { Reason } from './words.ts';
import type { Work } from './work.ts';

type Waiting = Extract<PhotoStatus, { status: 'waiting' }>;
type Done = Extract<PhotoStatus, { status: 'done' }>;

/** A refusal of the service, in its words. */
export interface Refused extends Error {
  code: Reason;
}

/** The service, as far as the page needs it; what it refuses is thrown as {@link Refused}. */
export interface Service {
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

export interface LineOptions {
  service: Service;
  studio: Studio;
  maxUploadBytes: number;
  chromaSize: number;
  /** Called after each change of a photo. */
  changed: (work: Work) => void;
  /** Epoch milliseconds. */
  now: () => number;
}

/** Photos that are sent at a time: more would only share the same line. */
const SENDING = 4;
/** What the service is told in place of a name that it does not need. */
const SMALL_NAME = 'small.jpg';

export class Line {
  private readonly sending = new Gate(SENDING);
  /** One thread, one photo in its memory at a time. */
  private readonly pixels = new Gate(1);

  constructor(private readonly options: LineOptions) {}

  /** Brings a photo to its end; never rejects. */
  async run(work: Work): Promise<void> {
    const { abort } = work;
    const change = (more: Partial<Work>) => {
      if (!abort.signal.aborted) this.options.changed(Object.assign(work, more));
    };
    change({ step: 'queued', startedAt: this.options.now(), reason: undefined, detail: '', sent: 0 });
    try {
      const type = this.checked(work);
      if (work.here) await this.colourHere(work, change);
      else await this.colourThere(work, type, change);
      change({ step: 'done', endedAt: this.options.now() });
    } catch (error) {
      const { code, message } = error as Partial<Refused>;
      change({ step: 'failed', endedAt: this.options.now(), reason: code, detail: message ?? '' });
    }
  }

  /** @throws HereError for what nobody needs to be asked about */
  private checked({ file, type, here }: Work): PhotoType {
    if (type === undefined) throw new HereError('wrong-type');
    if (file.size === 0) throw new HereError('empty-file');
    if (!here && file.size > this.options.maxUploadBytes) throw new HereError('file-too-large');
    return type;
  }

  private async colourHere(work: Work, change: (more: Partial<Work>) => void): Promise<void> {
    const { studio, chromaSize: size } = this.options;
    // With the type that its name tells, where the browser knew none.
    const file = work.file.slice(0, work.file.size, work.type);
    const { grey, preview } = await this.pixels.through(() => {
      change({ step: 'preparing' });
      return studio.ask({ kind: 'prepare', file, size });
    });
    change({ before: shown(preview, work.before) });
    const photo = { name: SMALL_NAME, type: 'image/jpeg', output: 'chroma' } as const;
    const chroma = await this.through(work, grey, photo, change);
    const finished = await this.pixels.through(() => {
      change({ step: 'merging' });
      return studio.ask({ kind: 'finish', file, chroma });
    });
    change({ result: finished.result, after: shown(finished.preview, work.after) });
  }

  private async colourThere(
    work: Work,
    type: PhotoType,
    change: (more: Partial<Work>) => void,
  ): Promise<void> {
    const { file } = work;
    // What this browser cannot show may still be coloured.
    const preview = async (one: Blob) =>
      this.pixels
        .through(() => this.options.studio.ask({ kind: 'preview', file: one }))
        .catch(() => undefined);
    const before = preview(file).then((found) => change({ before: found && shown(found, work.before) }));
    const photo = { name: file.name.slice(0, 255).replace(/[/\\]/g, '_'), type, output: 'photo' } as const;
    const result = await this.through(work, file, photo, change);
    await before;
    const after = await preview(result);
    change({ result, after: after && shown(after, work.after) });
  }

  /** Sends bytes and waits for what the service makes of them. */
  private async through(
    work: Work,
    body: Blob,
    photo: Omit<NewPhoto, 'size'>,
    change: (more: Partial<Work>) => void,
  ): Promise<Blob> {
    const { service, now } = this.options;
    const { signal } = work.abort;
    const { id } = await this.sending.through(async () => {
      signal.throwIfAborted();
      change({ step: 'sending', sent: 0 });
      const created = await service.create({ ...photo, size: body.size }, signal);
      await service.upload(created, body, (sent) => change({ sent }), signal);
      return created;
    });
    change({ step: 'waiting', bytesSent: work.bytesSent + body.size, waitingSince: now(), saidAt: now() });
    const done = await service.wait(
      id,
      ({ ahead, seconds, secondsAtMost }) => change({ ahead, seconds, secondsAtMost, saidAt: now() }),
      signal,
    );
    change({ step: 'fetching' });
    const received = await service.download(done, signal);
    change({ bytesReceived: work.bytesReceived + received.size });
    return received;
  }
}

/** An address for a picture, in place of the one before. */
function shown(picture: Blob, before: string | undefined): string {
  if (before !== undefined) URL.revokeObjectURL(before);
  return URL.createObjectURL(picture);
}
