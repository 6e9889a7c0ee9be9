/** A server before the local AWS that counts its calls by API, refuses those beyond a rate, as AWS does, and answers lifecycle actions. */
import { request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenOnLoopback } from '../../common/loopback.ts';
import { ApiError, failure, success } from '../../local/fleet/query.ts';

/** Calls a second of an API, by a token bucket that holds as many as a second has. */
export type Rates = Partial<Record<string, number>>;

export interface ApiCount {
  calls: number;
  refused: number;
  /** Calls that were answered in each second since the start. */
  seconds: number[];
}

export interface MeteredAws {
  url: string;
  counts: Map<string, ApiCount>;
  /** Instances whose hook was completed, with how often. */
  completed: Map<string, number>;
  close: () => Promise<void>;
}

/** Name of the API of a request in one of the protocols of the AWS SDK: JSON, Query, CBOR. */
export function apiOf({ headers, url = '' }: Pick<IncomingMessage, 'headers' | 'url'>, body: Buffer): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? target;
  const operation = /\/operation\/(\w+)$/.exec(url)?.[1];
  return operation ?? new URLSearchParams(body.toString('latin1')).get('Action') ?? 'unknown';
}

/** @param endpoint of the local AWS */
export async function startMeteredAws(endpoint: string, rates: Rates): Promise<MeteredAws> {
  const startMs = performance.now();
  const counts = new Map<string, ApiCount>();
  const completed = new Map<string, number>();
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  const isRefused = (api: string): boolean => {
    const rate = rates[api];
    if (rate === undefined) return false;
    const atMs = performance.now();
    const bucket = buckets.get(api) ?? { tokens: rate, atMs };
    const tokens = Math.min(rate, bucket.tokens + ((atMs - bucket.atMs) / 1000) * rate);
    buckets.set(api, { tokens: tokens < 1 ? tokens : tokens - 1, atMs });
    return tokens < 1;
  };
  const count = (api: string, refused: boolean) => {
    const one = counts.get(api) ?? { calls: 0, refused: 0, seconds: [] };
    counts.set(api, one);
    one.calls++;
    if (refused) return void one.refused++;
    const second = Math.floor((performance.now() - startMs) / 1000);
    one.seconds[second] = (one.seconds[second] ?? 0) + 1;
  };
  const lifecycle = (body: Buffer, response: ServerResponse) => {
    const id = new URLSearchParams(body.toString('latin1')).get('InstanceId') ?? '';
    completed.set(id, (completed.get(id) ?? 0) + 1);
    response.end(success('CompleteLifecycleAction', {}));
  };

  const { url, close } = await listenOnLoopback((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const api = apiOf(request, body);
      const refused = isRefused(api);
      count(api, refused);
      if (refused) refuse(request, response);
      else if (api === 'CompleteLifecycleAction') lifecycle(body, response);
      else forward(endpoint, request, body, response);
    });
  });
  return { url, counts, completed, close };
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  response.statusCode = 400;
  const error = new ApiError('Throttling', 'Rate exceeded');
  if (request.headers['x-amz-target'] === undefined) return void response.end(failure(error));
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  response.end(JSON.stringify({ __type: 'ThrottlingException', message: error.message }));
}

function forward(endpoint: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const { method, url, headers } = request;
  const target = new URL(url ?? '/', endpoint);
  // With the host that the caller has signed.
  const passed = send(target, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', (error) => {
    response.statusCode = 503;
    response.end(error.message);
  });
  passed.end(body);
}
