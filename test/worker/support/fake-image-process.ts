/**
 * Image processes in this process, for the tests of their pool. Each does what the body of a request says: `die`, `killed`,
 * `hang`, `fault`, `slow`..., and replies to anything else as a real one would. It checks that it only gets photos that it holds.
 */
import type {
  ConnectImageProcess,
  ConnectionEvents,
  Ended,
} from '../../../worker/imaging/image-connection.ts';
import type { ImageRequest } from '../../../worker/imaging/image-protocol.ts';

export const PNG = '\x89PNG\r\n\x1a\n';
/** With a header that says how large it is. */
export const png = (text: string, width = 512, height = 512) => {
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(width, 0);
  sizes.writeUInt32BE(height, 4);
  const start = Buffer.from(`${PNG}\0\0\0\rIHDR`, 'latin1');
  return Buffer.concat([start, sizes, Buffer.from(text, 'latin1')]);
};

const PREPARED = { format: 'png', megapixels: 1, load: 0.5, uploadMegapixels: 0.26, path: 'chroma' };
const NO_PICTURE = {
  kind: 'permanent',
  code: 'unreadable-image',
  message: 'no picture',
  cause: 'bad header',
};

/** A process, as the tests see it. */
export interface FakeProcess {
  /** What it executed, with the photo's text or id. */
  seen: string[];
  /** What it was sent, in the same way. */
  sent: string[];
  isKilled: boolean;
  end: (ended: Ended) => void;
  reply: (header: unknown, body?: Buffer) => void;
}

type Behaviour = (process: FakeProcess) => void;

/** By the text of the request's body, or of the photo, as `die in finish`. */
const BEHAVIOURS: Record<string, Behaviour> = {
  die: ({ end }) => end({ signal: 'SIGSEGV' }),
  killed: ({ end }) => end({ signal: 'SIGKILL' }),
  hang: () => undefined,
  fault: ({ reply }) => reply({ fault: NO_PICTURE, megabytes: 80 }),
  'processor time': ({ reply }) => reply({ exceeded: 'processor time' }),
  memory: ({ reply }) => reply({ exceeded: 'memory' }),
  'instance fault': ({ reply }) => reply({ fault: { kind: 'instance', message: 'grey' }, megabytes: 80 }),
  'no frame': ({ end }) => end({ error: new RangeError('a body of 4294967295 bytes') }),
  'no reply': ({ reply }) => reply({ value: { megapixels: 'many' }, megabytes: 80 }),
  'twice too many pixels': ({ reply }) =>
    reply({ value: { ...PREPARED, megapixels: 2 }, megabytes: 80 }, png('')),
  'a page instead of a picture': ({ reply }) =>
    reply({ value: PREPARED, megabytes: 80 }, Buffer.from('<script>')),
  'a bomb for ComfyUI': ({ reply }) => reply({ value: PREPARED, megabytes: 80 }, png('', 30_000, 30_000)),
  'a large answer': ({ reply }) => reply({ value: PREPARED, megabytes: 80 }, Buffer.alloc(41e6)),
  'much memory': ({ reply }) => reply({ value: PREPARED, megabytes: 4000 }, png('much memory')),
};

export class FakeProcesses {
  readonly started: FakeProcess[] = [];
  /** Processes that end before they start. */
  broken = 0;
  /** Bodies whose behaviour applies only once: the photo is innocent. */
  readonly once = new Set<string>();
  /** Loads that a photo needs memory for, one for each time that it is prepared; after them it is. */
  readonly needs = new Map<string, number[]>();

  readonly connect: ConnectImageProcess = (events) => {
    let mostBytes = 0;
    /** Requests after the one that it executes. */
    const next: (() => void)[] = [];
    let isBusy = false;
    const held = new Map<string, string>();
    let hasEnded = false;
    const process: FakeProcess = {
      seen: [],
      sent: [],
      isKilled: false,
      end: (ended) => {
        if (!hasEnded) setImmediate(() => events.ended(ended));
        hasEnded = true;
      },
      reply: (header, body = Buffer.alloc(0)) => {
        if (body.length > mostBytes) return process.end({ error: new RangeError('a body') });
        if (hasEnded) return;
        setImmediate(() => {
          const execute = next.shift();
          isBusy = execute !== undefined;
          events.received({ header, body });
          if (!hasEnded) execute?.();
        });
      },
    };
    this.started.push(process);
    if (this.broken-- > 0) process.end({ code: 1 });
    return {
      send: (header, body, replyBytes = 0) => {
        const request = header as ImageRequest;
        if (request.do !== 'start') process.sent.push(`${request.do} ${text(body).slice(0, 20)}`);
        next.push(() => {
          mostBytes = replyBytes;
          this.execute(process, held, request, text(body), events);
        });
        if (isBusy) return;
        isBusy = true;
        next.shift()?.();
      },
      kill: () => {
        process.isKilled = true;
        process.end({ signal: 'SIGKILL' });
      },
    };
  };

  private execute(
    process: FakeProcess,
    held: Map<string, string>,
    request: ImageRequest,
    body: string,
    _events: ConnectionEvents,
  ): void {
    const ok = (value: unknown, result?: Buffer) => process.reply({ value, megabytes: 80 }, result);
    if (request.do === 'start') return ok({});
    if (request.do === 'colours') return ok({ cells: Array.from({ length: 64 }, () => [1, 2]) });
    const photo = 'id' in request && request.do !== 'prepare' ? held.get(request.id) : body;
    process.seen.push(`${request.do} ${photo}`);
    if (photo === undefined) throw new Error('a photo that this process does not hold');
    const behaviour = request.do !== 'discard' && BEHAVIOURS[photo.replace(` in ${request.do}`, '')];
    if (behaviour && !this.once.has(`${photo} done`)) {
      if (this.once.has(photo)) this.once.add(`${photo} done`);
      if (request.do === 'prepare') held.set(request.id, photo);
      return behaviour(process);
    }
    if (request.do === 'inspect') return ok({ megapixels: 1 });
    const needs = request.do === 'prepare' && this.needs.get(photo)?.shift();
    if (needs) return ok({ needs });
    if (request.do === 'prepare') {
      held.set(request.id, photo);
      return ok(PREPARED, png(photo));
    }
    if (request.do === 'advance') {
      held.set(request.id, `${photo}, ${body}`);
      return ok(PREPARED, png(`${photo}, ${body}`));
    }
    held.delete(request.id);
    if (request.do === 'discard') return ok({});
    return ok({}, png(`${photo}, ${body}, ${request.source}`));
  }
}

const text = (body: Uint8Array | undefined) => Buffer.from(body ?? []).toString('latin1');
