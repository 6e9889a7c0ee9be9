/** The custom resource always answers CloudFormation, and tells the truth. */
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { respond, type Processes } from '../../../lambda/suspend-processes/handler.ts';

let server: Server;
let answers: { method?: string; type?: string; body: Record<string, string> }[];
let url: string;
let status: number;

beforeEach(async () => {
  answers = [];
  status = 200;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
      answers.push({ method: request.method, type: request.headers['content-type'], body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/answer?X-Amz-Signature=x`;
});
afterEach(() => server.close());

const event = (RequestType: string) => ({
  RequestType,
  ResponseURL: url,
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Suspend',
  ResourceProperties: { ServiceToken: 'arn', GroupName: 'photos', Processes: ['AZRebalance'] },
});

/** A group of which nothing is known but what has been done to it. */
function fakeGroup(error?: Error) {
  const suspended = new Set(['Launch']);
  const group: Processes = {
    suspend: (_name, processes) => {
      if (error) return Promise.reject(error);
      for (const name of processes) suspended.add(name);
      return Promise.resolve();
    },
    resume: (_name, processes) => {
      if (error) return Promise.reject(error);
      for (const name of processes) suspended.delete(name);
      return Promise.resolve();
    },
  };
  return { group, suspended };
}

it.each([
  ['Create', ['Launch', 'AZRebalance']],
  ['Update', ['Launch', 'AZRebalance']],
  ['Delete', ['Launch']],
])('%s leaves the processes %j suspended and answers', async (type, left) => {
  const { group, suspended } = fakeGroup();
  if (type === 'Delete') suspended.add('AZRebalance');
  await respond(event(type), group);
  expect([...suspended]).toEqual(left);
  expect(answers).toEqual([
    {
      method: 'PUT',
      type: '',
      body: {
        Status: 'SUCCESS',
        Reason: '',
        PhysicalResourceId: 'photos-suspended-processes',
        StackId: 'stack',
        RequestId: 'request',
        LogicalResourceId: 'Suspend',
      },
    },
  ]);
});

it.each([
  ['Create', 'FAILED'],
  ['Update', 'FAILED'],
  // The group may be gone with the rest of the stack, and a deletion must not hang on that.
  ['Delete', 'SUCCESS'],
])('%s that fails is answered by %s with the reason', async (type, expected) => {
  const { group } = fakeGroup(new Error('AutoScalingGroup name not found'));
  await respond(event(type), group);
  expect(answers[0]?.body).toMatchObject({ Status: expected, Reason: 'AutoScalingGroup name not found' });
});

it('keeps its physical id, so that an update replaces nothing', async () => {
  const { group } = fakeGroup();
  await respond(event('Create'), group);
  await respond(event('Update'), group);
  expect(new Set(answers.map(({ body }) => body.PhysicalResourceId)).size).toBe(1);
});

it('fails loudly when CloudFormation does not take the answer', async () => {
  status = 403;
  await expect(respond(event('Create'), fakeGroup().group)).rejects.toThrow('rejected the response: HTTP 403');
});
