/**
 * A stand-in for the API and for the store behind its links, over real HTTP: it follows the contract by the contract's own
 * schemas, answers refusals in the words of API Gateway and S3, and misbehaves when it is told to.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createdPhotoSchema,
  newPhotoSchema,
  photoSchema,
  type NewPhoto,
  type PhotoStatus,
} from '../../../contract/photo-api.ts';
import type { ProblemCode } from '../../../contract/photo-types.ts';

export type Route = 'create' | 'upload' | 'status' | 'result' | 'health';

export interface FakePhoto {
  id: string;
  wanted: NewPhoto;
  linkExpiresAtMs: number;
  /** What was stored. */
  body?: Buffer;
  /** Questions that were answered since. */
  looks: number;
}

/** `reset` cuts the connection; `half` promises more than it sends. */
export type Fault = 'reset' | 'half' | { status: number; headers?: Record<string, string>; body: string };

export interface FakeGatewayOptions {
  /** How a stored photo is. @default done at the second look */
  end?: (photo: FakePhoto) => Partial<PhotoStatus> & { status: PhotoStatus['status'] };
  /** Whether a request may come in; refused as API Gateway does. */
  allows?: (request: IncomingMessage, body: Buffer) => boolean;
  /** Epoch milliseconds. @default Date.now */
  now?: () => number;
  linkSeconds?: number;
  /** `Retry-After` of a photo that waits, seconds. */
  pollSeconds?: number;
}

/** What the stand-in makes of a photo. */
export const coloured = (body: Buffer) => Buffer.concat([Buffer.from('coloured '), body]);

export const storeError = (code: string, message: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>4442587FB7D0A2F9</RequestId><HostId>x</HostId></Error>`;

export const problem = (status: number, code: ProblemCode, detail: string) => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: 'about:blank', title: code, status, detail, code }),
});

const gatewayWords = (status: number, message: string) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
});

export class FakeGateway {
  readonly photos = new Map<string, FakePhoto>();
  /** Requests that came in, faults included. */
  readonly requests: { route: Route | 'other'; method: string; path: string; authorization?: string }[] = [];
  /** What goes wrong next, in order, by route. */
  readonly faults: Partial<Record<Route, Fault[]>> = {};
  url = '';

  private readonly server = createServer((request, response) => void this.answer(request, response));

  constructor(private readonly options: FakeGatewayOptions = {}) {}

  static async start(options?: FakeGatewayOptions): Promise<FakeGateway> {
    const gateway = new FakeGateway(options);
    await new Promise<void>((resolve) => gateway.server.listen(0, '127.0.0.1', resolve));
    gateway.url = `http://127.0.0.1:${(gateway.server.address() as AddressInfo).port}/stage/`;
    return gateway;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  /** How often a route was asked. */
  count(route: Route): number {
    return this.requests.filter((one) => one.route === route).length;
  }

  /** Photos that were stored, by their names. */
  stored(): string[] {
    return [...this.photos.values()].filter(({ body }) => body).map(({ wanted }) => wanted.name);
  }

  private get nowMs(): number {
    return (this.options.now ?? Date.now)();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const [, route, id = ''] = this.routeOf(method, url);
    const { authorization } = request.headers;
    this.requests.push({ route: route ?? 'other', method, path: url, authorization });
    const body = await read(request).catch(() => undefined);
    const fault = route && this.faults[route]?.shift();
    if (!body || fault === 'reset') return void response.destroy();
    if (fault === 'half') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"id":');
      return void setTimeout(() => response.destroy(), 20);
    }
    const guarded = route === 'create' || route === 'status';
    const refused = guarded && this.options.allows?.(request, body) === false;
    const given =
      fault ??
      (refused ? gatewayWords(401, 'Unauthorized') : route && this.handle(route, id, request, body)) ??
      gatewayWords(404, 'Not Found');
    response.writeHead(given.status, given.headers);
    response.end(given.body);
  }

  private routeOf(method: string, url: string): [string, Route?, string?] {
    const [path = ''] = url.split('?');
    if (method === 'POST' && path === '/stage/photos') return [path, 'create'];
    if (method === 'GET' && path === '/stage/health') return [path, 'health'];
    const [, kind, id] = /^\/(stage\/photos|incoming|results)\/([^/]+)$/.exec(path) ?? [];
    if (method === 'GET' && kind === 'stage/photos') return [path, 'status', id];
    if (method === 'PUT' && kind === 'incoming') return [path, 'upload', id];
    if (method === 'GET' && kind === 'results') return [path, 'result', id];
    return [path];
  }

  private handle(route: Route, id: string, request: IncomingMessage, body: Buffer) {
    const photo = this.photos.get(id);
    switch (route) {
      case 'health':
        return json(200, { status: 'ok' });
      case 'create':
        return this.create(body);
      case 'upload':
        return photo && this.store(photo, request, body);
      case 'status':
        if (!photo) return problem(404, 'not-found', 'There is no photo with this id, or it is not yours.');
        return this.status(photo);
      case 'result': {
        if (Number(new URL(request.url ?? '', this.url).searchParams.get('until')) <= this.nowMs) {
          return xml(403, 'AccessDenied', 'Request has expired');
        }
        if (!photo?.body) return xml(404, 'NoSuchKey', 'The specified key does not exist.');
        return { status: 200, headers: { 'content-type': photo.wanted.type }, body: coloured(photo.body) };
      }
    }
  }

  private create(body: Buffer) {
    const parsed = newPhotoSchema.safeParse(JSON.parse(body.toString()));
    if (!parsed.success) return problem(400, 'bad-request', parsed.error.message);
    const id = randomBytes(16).toString('base64url');
    const linkExpiresAtMs = this.nowMs + (this.options.linkSeconds ?? 900) * 1000;
    this.photos.set(id, { id, wanted: parsed.data, linkExpiresAtMs, looks: 0 });
    const { type, output } = parsed.data;
    const headers = { 'content-type': type, 'if-none-match': '*', 'x-amz-meta-output': output };
    const url = new URL(`/incoming/${id}?X-Amz-Signature=0`, this.url).href;
    const expiresAt = new Date(linkExpiresAtMs).toISOString();
    return json(201, createdPhotoSchema.parse({ id, upload: { method: 'PUT', url, headers, expiresAt } }));
  }

  private store(photo: FakePhoto, { headers }: IncomingMessage, body: Buffer) {
    if (photo.linkExpiresAtMs <= this.nowMs) return xml(403, 'AccessDenied', 'Request has expired');
    const { type, size, output } = photo.wanted;
    const exact =
      headers['content-type'] === type &&
      headers['if-none-match'] === '*' &&
      headers['x-amz-meta-output'] === output &&
      Number(headers['content-length']) === size;
    if (!exact) {
      return xml(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match.');
    }
    if (photo.body) {
      return xml(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
    }
    photo.body = body;
    return { status: 200, headers: {}, body: '' };
  }

  private status(photo: FakePhoto) {
    const { id, wanted, body } = photo;
    const { name, type } = wanted;
    const unknown = { ahead: null, seconds: null, secondsAtMost: null };
    const retryAfter = { 'retry-after': String(this.options.pollSeconds ?? 0) };
    if (!body) return json(200, { status: 'waiting', id, name, uploaded: false, ...unknown }, retryAfter);
    photo.looks++;
    const end = this.options.end?.(photo) ?? { status: photo.looks > 1 ? 'succeeded' : 'waiting' };
    const until = this.nowMs + (this.options.linkSeconds ?? 900) * 1000;
    const rest = {
      waiting: { uploaded: true, ahead: 3, seconds: 20, secondsAtMost: 60 },
      succeeded: {
        type,
        size: coloured(body).length,
        links: { result: new URL(`/results/${id}?until=${until}`, this.url).href, photo: null },
        expiresAt: new Date(until).toISOString(),
      },
      failed: { code: 'unreadable-image', message: 'The file cannot be decoded.', retryable: false },
    }[end.status];
    const status = photoSchema.parse({ id, name, ...rest, ...end });
    return json(200, status, status.status === 'waiting' ? retryAfter : {});
  }
}

const json = (status: number, value: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

const xml = (status: number, code: string, message: string) => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: storeError(code, message),
});

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
