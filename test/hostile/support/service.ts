/** A hostile service over HTTP: what it answers is the test's, and what it receives is recorded. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { download } from '../../../client/download.ts';
import { PhotoApi } from '../../../client/api.ts';
import { pollPhoto } from '../../../client/poll.ts';
import { sendWith, upload } from '../../../client/upload.ts';
import type { Scope } from '../../../common/scope.ts';
import { testClock } from '../../client/support/clock.ts';

export const ID = 'fQVVjq8l5akCGUXBjuiEhQ';
/** The start of a JPEG; more is not looked at by the client. */
export const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(996, 'x')]);
const LATER = '2099-01-01T00:00:00Z';
const HEADERS = { 'content-type': 'image/jpeg', 'if-none-match': '*', 'x-amz-meta-output': 'photo' };

type Fields = Record<string, unknown>;
/** Writes a whole response. */
export type Reply = (response: ServerResponse, request: IncomingMessage) => void;

/** Each part replaces the honest one; text is sent as it is, an object adds to the honest fields. */
export interface Attack {
  create?: Fields | string | Reply;
  upload?: Fields;
  store?: Reply;
  status?: Fields | string | Reply;
  links?: Fields;
  result?: Reply;
}

export const send =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, headers).end(body);

/** Sends the same bytes until the client closes the connection, or 256 MB are out. @param sent counts them */
export const endless =
  (chunk: Buffer, sent: { bytes: number }, status = 200): Reply =>
  (response) => {
    response.writeHead(status);
    const more = () => {
      while (!response.destroyed && sent.bytes < 256e6) {
        sent.bytes += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  };

export interface HostileService {
  /** Method and path of each request, with the header names that a browser or Node does not add. */
  received: string[];
  /** Everything that a client does: create, upload, poll, download. @returns the saved result */
  colour: () => Promise<Blob>;
}

/** Runs until the scope closes. */
export async function startHostileService(attack: Attack, scope: Scope): Promise<HostileService> {
  const received: string[] = [];
  let base = '';
  const answer = (part: Fields | string | Reply | undefined, honest: Fields): Reply => {
    if (typeof part === 'function') return part;
    return send(200, typeof part === 'string' ? part : JSON.stringify({ ...honest, ...part }));
  };
  const reply = (method: string, path: string): Reply => {
    if (method === 'POST') {
      const link = { method: 'PUT', url: `${base}put`, headers: HEADERS, expiresAt: LATER };
      return answer(attack.create, { id: ID, upload: { ...link, ...attack.upload } });
    }
    if (path === '/put') return attack.store ?? send(200, '');
    if (path === '/result') return attack.result ?? send(200, JPEG);
    const links = { result: `${base}result`, photo: null, ...attack.links };
    const honest = {
      status: 'succeeded',
      id: ID,
      name: 'Oma.jpg',
      type: 'image/jpeg',
      size: JPEG.length,
      links,
    };
    return answer(attack.status, { ...honest, expiresAt: LATER });
  };
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    received.push(`${method} ${url}${headers.authorization ? ' with credentials' : ''}`);
    request.resume().on('end', () => reply(method, url)(response, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await scope.defer(() => void (server.closeAllConnections(), server.close()));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const api = new PhotoApi(base, { authorize: () => ({ authorization: 'Bearer secret' }) });
  const colour = async () => {
    // An answer that is worth a retry gets one.
    const options = {
      clock: testClock(),
      onRetry: (error: Error, _wait: number, failures: number) => {
        if (failures > 1) throw error;
      },
    };
    const created = await api.create({ name: 'Oma.jpg', type: 'image/jpeg', size: JPEG.length });
    await upload(created, new Uint8Array(JPEG), sendWith(), options);
    for await (const status of pollPhoto(api, created.id, options)) {
      if (status.status === 'failed') throw Object.assign(new Error(status.message), { code: status.code });
      if (status.status === 'succeeded') return download(api, status, { clock: testClock() });
    }
    throw new Error('no outcome');
  };
  return { received, colour };
}
