/** A proxy in front of a local AWS that injects faults: server errors, throttling, requests without a response. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Service = 'sqs' | 'dynamodb' | 'monitoring' | 'autoscaling';
/** `throttle` is AWS's throttling error; `hang` never responds; `away` is a server error. */
export type Fault = 'throttle' | 'hang' | 'away';

export interface FaultyProxy {
  url: string;
  /** Faults by service; requests to other services pass. */
  faults: Partial<Record<Service, Fault>>;
  /** Requests received, as "service action". */
  calls: string[];
  close(): Promise<void>;
}

const QUERY_ERROR = (code: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>Rate exceeded</Message></Error></ErrorResponse>`;

/** @param upstream of each service, by the service's name */
export async function startFaultyProxy(upstream: (service: Service) => string): Promise<FaultyProxy> {
  const faults: FaultyProxy['faults'] = {};
  const calls: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const service = /\/([a-z0-9-]+)\/aws4_request/.exec(
        incoming.headers.authorization ?? '',
      )?.[1] as Service;
      const target = incoming.headers['x-amz-target'];
      const action =
        typeof target === 'string'
          ? target.split('.').at(-1)
          : new URLSearchParams(body.toString()).get('Action');
      calls.push(`${service} ${action}`);
      const fault = faults[service];
      if (fault === 'hang') return;
      if (fault) {
        const code = fault === 'throttle' ? 'Throttling' : 'InternalFailure';
        outgoing.writeHead(fault === 'throttle' ? 400 : 503, { 'x-amzn-errortype': code });
        outgoing.end(service === 'autoscaling' ? QUERY_ERROR(code) : JSON.stringify({ __type: code }));
        return;
      }
      const to = new URL(incoming.url ?? '/', upstream(service));
      const passed = request(to, { method: incoming.method, headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', (error) => outgoing.destroy(error));
      passed.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
