/** One HTTP request, byte for byte as given, and the head of its response. */
import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection is closed without a response. */
  status: number;
  text: string;
}

/** Generous: an answer takes milliseconds. */
const WITHIN_MS = 20_000;

export function raw(port: number, line: string, headers: string[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const done = () => {
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
    };
    socket.setTimeout(WITHIN_MS, () => reject(new Error(`no answer to ${line}: ${text}`)));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? done() : reject(error),
    );
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      // A refusal has its sentence after the head.
      if (/\r\n\r\n/.test(text) && (!text.startsWith('HTTP/1.1 403') || text.includes('Refused'))) done();
    });
    socket.on('end', done);
    socket.write([line, ...headers, '', ''].join('\r\n'));
  });
}
