/** The URL at which CloudFormation takes the answer of a custom resource. */
import { createServer } from 'node:http';

export interface CloudFormationUrl {
  url: string;
  /** Of its own answers. */
  status: number;
  responses: { method?: string; type?: string; body: Record<string, unknown> }[];
  close: () => void;
}

export async function cloudFormationUrl(): Promise<CloudFormationUrl> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      made.responses.push({ method: request.method, type: request.headers['content-type'], body });
      response.writeHead(made.status).end();
    });
  });
  const made: CloudFormationUrl = { url: '', status: 200, responses: [], close: () => server.close() };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  made.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/response?X-Amz-Signature=x`;
  return made;
}
