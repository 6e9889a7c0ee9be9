/**
 * HTTP proxy between workers and local AWS that injects faults: errors before and after the operation, no or late responses,
 * messages delivered twice.
 */
import { Agent, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenOnLoopback } from '../../common/loopback.ts';
import { randomNumbers } from '../../local/samples/noise.ts';

/** Relative frequency of each fault of a request. */
const REQUEST_FAULTS = {
  'HTTP 500': 3,
  'HTTP 503': 3,
  'connection lost after the operation': 3,
  'no response, not executed': 1,
  'no response, executed': 1,
  'late response': 2,
  'message delivered twice': 2,
} as const;
export type RequestFault = keyof typeof REQUEST_FAULTS;

/** Share of the requests with a fault, outside and during a burst. */
const [BASE_SHARE, BURST_SHARE] = [0.02, 0.4];
const LATE_MS = 2500;

export interface FaultProxy {
  url: string;
  /** Faults by service and kind. */
  counts: Map<string, number>;
  /** Starts and ends a burst of faults. */
  setBurst(on: boolean): void;
  /** Has CloudWatch Logs refuse everything, until called with false. */
  setLogsDown(on: boolean): void;
  /** Lets all further requests pass. */
  stopFaults(): void;
  close(): Promise<void>;
}

interface Received {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

interface Operation {
  service: 'S3' | 'SQS' | 'Logs' | 'other';
  name: string;
}

/** By the start of the target. */
const SERVICES = { AmazonSQS: 'SQS', Logs_: 'Logs' } as const;

/** Reads the operation from the header of the JSON protocols; S3 has none. */
function operationOf({ headers, method }: IncomingMessage): Operation {
  const [target, name] = String(headers['x-amz-target'] ?? '').split('.');
  if (!target) return { service: 'S3', name: method ?? '' };
  const service = Object.entries(SERVICES).find(([prefix]) => target.startsWith(prefix))?.[1] ?? 'other';
  return { service, name: name ?? '' };
}

/** URL of the queue in a request of SQS's JSON protocol; '' in any other. */
const queueOf = (body: Buffer): string => /"QueueUrl":"([^"]+)"/.exec(body.toString('latin1'))?.[1] ?? '';

export async function startProxy(upstream: string, seed: number): Promise<FaultProxy> {
  const random = randomNumbers(seed * 104_729 + 3);
  const agent = new Agent({ keepAlive: true });
  const counts = new Map<string, number>();
  let share = BASE_SHARE;
  let stopped = false;
  let areLogsDown = false;
  /** The last messages of each queue: SQS delivers none of another one. */
  const lastReceives = new Map<string, Received>();

  function faultFor({ service, name }: Operation, queue: string): RequestFault | undefined {
    if (service === 'other' || service === 'Logs' || random() >= share) return undefined;
    const kinds = (Object.entries(REQUEST_FAULTS) as [RequestFault, number][]).filter(
      ([kind]) =>
        kind !== 'message delivered twice' || (name === 'ReceiveMessage' && lastReceives.has(queue)),
    );
    let left = random() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
    const kind = kinds.find(([, weight]) => (left -= weight) < 0)?.[0];
    if (kind) counts.set(`${service}: ${kind}`, (counts.get(`${service}: ${kind}`) ?? 0) + 1);
    return kind;
  }

  /** Queue URLs contain the host of the endpoint: replaces one host by the other. */
  const rewritten = (body: Buffer, from: string, to: string) =>
    body.includes(from) ? Buffer.from(body.toString().replaceAll(from, to)) : body;

  async function forward(incoming: IncomingMessage, body: Buffer, isS3: boolean): Promise<Received> {
    const sent = isS3 ? body : rewritten(body, url, upstream);
    // The Host stays: it is part of the signature.
    const headers = { ...incoming.headers, 'content-length': sent.length };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { method, url: path } = incoming;
      send(upstream + path, { method, headers, agent }, resolve)
        .on('error', reject)
        .end(sent);
    });
    const received = await collect(answer);
    return {
      status: answer.statusCode ?? 502,
      headers: answer.headers,
      body: isS3 ? received : rewritten(received, upstream, url),
    };
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = operationOf(incoming);
    const isS3 = operation.service === 'S3';
    const body = await collect(incoming);
    const queue = isS3 ? '' : queueOf(body);
    const fault = operation.service === 'Logs' && areLogsDown ? 'HTTP 503' : faultFor(operation, queue);
    if (fault === 'HTTP 500' || fault === 'HTTP 503')
      return reply(response, errorResponse(Number(fault.slice(5)), isS3));
    const last = lastReceives.get(queue);
    if (fault === 'message delivered twice' && last) return reply(response, last);
    // The client's timeout ends the request.
    if (fault === 'no response, not executed') return;
    const answer = await forward(incoming, body, isS3);
    if (operation.name === 'ReceiveMessage' && answer.body.includes('ReceiptHandle'))
      lastReceives.set(queue, answer);
    if (fault === 'no response, executed') return;
    if (fault === 'connection lost after the operation') return void response.destroy();
    if (fault === 'late response') await sleep(LATE_MS);
    // A response to HEAD has a content length and no body.
    reply(response, answer, incoming.method === 'HEAD');
  }

  const { url, close } = await listenOnLoopback((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  return {
    url,
    counts,
    setBurst: (on) => void (share = stopped ? 0 : on ? BURST_SHARE : BASE_SHARE),
    setLogsDown: (on) => void (areLogsDown = on),
    stopFaults() {
      stopped = true;
      areLogsDown = false;
      share = 0;
    },
    async close() {
      agent.destroy();
      await close();
    },
  };
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function errorResponse(status: number, isS3: boolean): Received {
  const [code, text] =
    status === 503
      ? ['SlowDown', 'Please reduce your request rate.']
      : ['InternalError', 'Please try again.'];
  const [type, body] = isS3
    ? ['application/xml', `<Error><Code>${code}</Code><Message>${text}</Message></Error>`]
    : ['application/x-amz-json-1.0', JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: text })];
  return { status, headers: { 'content-type': type }, body: Buffer.from(body) };
}

function reply(response: ServerResponse, { status, headers, body }: Received, isHead = false): void {
  const { connection: _connection, 'transfer-encoding': _encoding, ...kept } = headers;
  const length = isHead ? headers['content-length'] : body.length;
  response
    .writeHead(status, { ...kept, ...(length !== undefined && { 'content-length': length }) })
    .end(body);
}
