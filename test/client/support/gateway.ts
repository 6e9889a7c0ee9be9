/**
 * Fake of the API and of S3 behind its links, over HTTP: validates by the contract's schemas, returns errors as API Gateway
 * and S3 do, and injects faults.
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
  /** Uploaded bytes. */
  body?: Buffer;
  /** Status requests since the upload. */
  polls: number;
}

/** `reset` cuts the connection; `half` sends less than its content length. */
export type Fault = 'reset' | 'half' | { status: number; headers?: Record<string, string>; body: string };

export interface FakeGatewayOptions {
  /** Status of an uploaded photo. @default `succeeded` at the second request */
  statusOf?: (photo: FakePhoto) => Partial<PhotoStatus> & { status: PhotoStatus['status'] };
  /** Whether API Gateway's authorizer accepts a request. */
  allows?: (request: IncomingMessage, body: Buffer) => boolean;
  /** Epoch milliseconds. @default Date.now */
  now?: () => number;
  linkSeconds?: number;
  /** `Retry-After` of a waiting photo, seconds. */
  pollSeconds?: number;
}

/** The result of a photo, a JPEG by its first bytes. */
export const coloured = (body: Buffer) =>
  Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from('coloured '), body]);

export const storeError = (code: string, message: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>4442587FB7D0A2F9</RequestId><HostId>x</HostId></Error>`;

export const problem = (status: number, code: ProblemCode, detail: string) => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: 'about:blank', title: code, status, detail, code }),
});

const apiGatewayError = (status: number, message: string) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
});

export class FakeGateway {
  readonly photos = new Map<string, FakePhoto>();
  /** All requests, including those that met a fault. */
  readonly requests: { route: Route | 'other'; method: string; path: string; authorization?: string }[] = [];
  /** Faults of the next requests, by route. */
  readonly faults: Partial<Record<Route, Fault[]>> = {};
  url = '';

  private readonly server = createServer((request, response) => void this.handleRequest(request, response));

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

  /** Number of requests of a route. */
  count(route: Route): number {
    return this.requests.filter((one) => one.route === route).length;
  }

  /** Names of uploaded photos. */
  stored(): string[] {
    return [...this.photos.values()].filter(({ body }) => body).map(({ wanted }) => wanted.name);
  }

  private get nowMs(): number {
    return (this.options.now ?? Date.now)();
  }

  private async handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
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
    const unauthorized = guarded && this.options.allows?.(request, body) === false;
    const reply =
      fault ??
      (unauthorized
        ? apiGatewayError(401, 'Unauthorized')
        : route && this.handle(route, id, request, body)) ??
      apiGatewayError(404, 'Not Found');
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body);
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
    this.photos.set(id, { id, wanted: parsed.data, linkExpiresAtMs, polls: 0 });
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
    photo.polls++;
    const current = this.options.statusOf?.(photo) ?? { status: photo.polls > 1 ? 'succeeded' : 'waiting' };
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
    }[current.status];
    const status = photoSchema.parse({ id, name, ...rest, ...current });
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
