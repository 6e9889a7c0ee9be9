/**
 * Connections to image processes: child processes over a pipe, or, on an instance, a Unix socket on which systemd starts one
 * per connection, in a unit without network, credentials or the worker's files.
 */
import { spawn } from 'node:child_process';
import { connect as connectTo } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { encodeFrame, FrameReader, type Frame } from './frames.ts';

/** Why a connection has ended, as far as it is known. */
export interface Ended {
  /** Of a child process. */
  signal?: string | undefined;
  code?: number | undefined;
  error?: unknown;
}

export interface ImageConnection {
  /**
   * Sends a request; the replies come in the order of requests.
   *
   * @param replyBytes that the body of its reply may have. @default 0
   */
  send(header: unknown, body?: Uint8Array, replyBytes?: number): void;
  /** Ends the process; `ended` follows. */
  kill(): void;
}

export interface ConnectionEvents {
  received: (frame: Frame) => void;
  /** Called once, and nothing after it. */
  ended: (ended: Ended) => void;
}

/** Starts an image process. */
export type ConnectImageProcess = (events: ConnectionEvents) => ImageConnection;

const STREAM = 3;
/** Of a header of a process. */
const HEADER_BYTES = 65_536;

/** A crash must not write the photos of strangers to the disk, and no decoder needs many files. */
const LIMITED = 'ulimit -c 0; ulimit -n 256';
/** Without network, where Linux lets users have namespaces of their own. */
const NO_NETWORK = 'unshare --user --map-current-user --net';
const SCRIPT = `${LIMITED}; if ${NO_NETWORK} true 2>/dev/null; then exec ${NO_NETWORK} "$@"; else exec "$@"; fi`;

/**
 * For the allocator of glibc: memory of pictures is kept for the next one. By default the system takes it back and clears it again, page by
 * page, which costs a tenth of a photo's processor time. As in `ami/systemd/image-process@.service`.
 */
export const ALLOCATOR = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: String(2 ** 28),
};

const ENTRY = fileURLToPath(new URL('./image-process.mjs', import.meta.url));

/** Starts child processes, with a bare environment: no credentials, no addresses. @param entry for tests */
export const childProcesses =
  (entry = ENTRY): ConnectImageProcess =>
  (events) => {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'image-process', process.execPath, entry], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      env: { PATH: '/usr/bin:/bin', ...ALLOCATOR },
    });
    let error: unknown;
    child.once('error', (cause) => {
      error = cause;
      // A process that was not started has no `close`.
      if (child.pid === undefined) events.ended({ error });
    });
    child.once('close', (code, signal) =>
      events.ended({ code: code ?? undefined, signal: signal ?? undefined, error }),
    );
    child.unref();
    const stream = child.stdio[STREAM] as Duplex & { unref?: () => void };
    stream.unref?.();
    return overStream(stream, events.received, (cause) => {
      error ??= cause;
      child.kill('SIGKILL');
      // A process of its own may hold the other end, and `close` would wait for that.
      stream.destroy();
    });
  };

/** Connects to a Unix socket. */
export const socketProcesses =
  (path: string): ConnectImageProcess =>
  (events) => {
    const socket = connectTo(path);
    let error: unknown;
    socket.once('close', () => events.ended({ error }));
    socket.unref();
    return overStream(socket, events.received, (cause) => {
      error ??= cause;
      socket.destroy();
    });
  };

function overStream(
  stream: Duplex,
  received: ConnectionEvents['received'],
  end: (cause: unknown) => void,
): ImageConnection {
  const reader = new FrameReader({ header: HEADER_BYTES, body: 0 });
  /** Bytes of the replies that are to come. */
  const replies: number[] = [];
  const expectNext = () => (reader.limits = { header: HEADER_BYTES, body: replies[0] ?? 0 });
  let isKilled = false;
  const kill = (cause?: unknown) => {
    isKilled = true;
    end(cause);
  };
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const frame of isKilled ? [] : reader.push(chunk)) {
        replies.shift();
        expectNext();
        received(frame);
        // By what was received: a process that sends nothing but frames costs one of them.
        if (isKilled) return;
      }
    } catch (error) {
      kill(error);
    }
  });
  stream.on('error', kill);
  // A process that ends its side of the connection answers no more, whether it has exited or not.
  stream.on('close', () => kill());
  return {
    send: (header, body, replyBytes = 0) => {
      replies.push(replyBytes);
      expectNext();
      for (const part of encodeFrame(header, body)) if (part.length > 0) stream.write(part);
    },
    kill,
  };
}
