/**
 * Stands between the workers and the local AWS and makes it as unreliable as a network and a service can be: errors before
 * and after the work was done, silence, late answers, messages handed out twice.
 */
import { Agent, createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../../local/samples/noise.ts';

/** What can become of a request, and how often in proportion to the others. */
const REQUEST_FAULTS = {
  'HTTP 500': 3,
  'HTTP 503': 3,
  'answer lost': 3,
  'no answer, not done': 1,
  'no answer, though done': 1,
  'late answer': 2,
  'message handed out twice': 2,
} as const;
export type RequestFault = keyof typeof REQUEST_FAULTS;

/** Share of the requests that meet trouble, in quiet times and in a storm. */
const [CALM, STORM] = [0.02, 0.4];
const LATE_MS = 2500;

export interface FaultProxy {
  url: string;
  /** By service and kind. */
  counts: Map<string, number>;
  /** Starts and ends a storm. */
  setBurst(on: boolean): void;
  /** From now on everything passes. */
  stopFaults(): void;
  close(): Promise<void>;
}

interface Received {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

interface Operation {
  service: 'S3' | 'SQS' | 'other';
  name: string;
}

/** The JSON protocols name the operation; S3's requests do not. */
function operationOf({ headers, method }: IncomingMessage): Operation {
  const [target, name] = String(headers['x-amz-target'] ?? '').split('.');
  if (!target) return { service: 'S3', name: method ?? '' };
  return { service: target.startsWith('AmazonSQS') ? 'SQS' : 'other', name: name ?? '' };
}

export async function startProxy(upstream: string, seed: number): Promise<FaultProxy> {
  const random = randomNumbers(seed * 104_729 + 3);
  const agent = new Agent({ keepAlive: true });
  const counts = new Map<string, number>();
  let share = CALM;
  let healed = false;
  let lastReceive: Received | undefined;

  function troubleFor({ service, name }: Operation): RequestFault | undefined {
    if (service === 'other' || random() >= share) return undefined;
    const kinds = (Object.entries(REQUEST_FAULTS) as [RequestFault, number][]).filter(
      ([kind]) => kind !== 'message handed out twice' || (name === 'ReceiveMessage' && lastReceive),
    );
    let left = random() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
    const kind = kinds.find(([, weight]) => (left -= weight) < 0)?.[0];
    if (kind) counts.set(`${service}: ${kind}`, (counts.get(`${service}: ${kind}`) ?? 0) + 1);
    return kind;
  }

  /** URLs of queues carry the address of the one who is asked: each side sees its own. */
  const rewritten = (body: Buffer, from: string, to: string) =>
    body.includes(from) ? Buffer.from(body.toString().replaceAll(from, to)) : body;

  async function forward(incoming: IncomingMessage, body: Buffer, isS3: boolean): Promise<Received> {
    const sent = isS3 ? body : rewritten(body, url, upstream);
    const headers = { ...incoming.headers, host: new URL(upstream).host, 'content-length': sent.length };
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
    const trouble = troubleFor(operation);
    const body = await collect(incoming);
    if (trouble === 'HTTP 500' || trouble === 'HTTP 503')
      return reply(response, refusal(Number(trouble.slice(5)), isS3));
    if (trouble === 'message handed out twice' && lastReceive) return reply(response, lastReceive);
    // The client has to end it.
    if (trouble === 'no answer, not done') return;
    const answer = await forward(incoming, body, isS3);
    if (operation.name === 'ReceiveMessage' && answer.body.includes('ReceiptHandle')) lastReceive = answer;
    if (trouble === 'no answer, though done') return;
    if (trouble === 'answer lost') return void response.destroy();
    if (trouble === 'late answer') await sleep(LATE_MS);
    // What HEAD would have has its length in a header and is not there.
    reply(response, answer, incoming.method === 'HEAD');
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return {
    url,
    counts,
    setBurst: (on) => void (share = healed ? 0 : on ? STORM : CALM),
    stopFaults() {
      healed = true;
      share = 0;
    },
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function refusal(status: number, isS3: boolean): Received {
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
