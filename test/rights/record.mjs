// Imported by a worker and by Lambda functions: writes each request to AWS into a file, with what IAM sees of it.
import { appendFileSync } from 'node:fs';
import http from 'node:http';

const MOST = 65_536;
const { write, end } = http.ClientRequest.prototype;
const bodies = new WeakMap();

/** Keeps the first bytes of a body. */
function keep(request, chunk, encoding) {
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return;
  const body = bodies.get(request) ?? { chunks: [], bytes: 0 };
  bodies.set(request, body);
  const bytes = Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8');
  if (body.bytes < MOST) body.chunks.push(bytes);
  body.bytes += bytes.length;
}

/** @param file gets a line of JSON for each signed request */
export function record(file) {
  http.ClientRequest.prototype.write = function (chunk, encoding, ...rest) {
    keep(this, chunk, encoding);
    return write.call(this, chunk, encoding, ...rest);
  };
  http.ClientRequest.prototype.end = function (chunk, encoding, ...rest) {
    keep(this, chunk, encoding);
    const headers = this.getHeaders();
    const { chunks = [] } = bodies.get(this) ?? {};
    if (typeof headers.authorization === 'string' && headers.authorization.startsWith('AWS4-'))
      appendFileSync(
        file,
        `${JSON.stringify({
          by: process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'worker',
          service: headers.authorization.split('/')[3],
          method: this.method,
          path: this.path,
          target: headers['x-amz-target'],
          body: Buffer.concat(chunks).toString('latin1'),
        })}\n`,
      );
    return end.call(this, chunk, encoding, ...rest);
  };
}
