/** S3 in memory behind the SDK's commands, for adapters as they are. Each request is atomic, and waits for its turn first. */
import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';

export interface FakeObject {
  body: Buffer;
  etag: string;
  type: string;
  metadata: Record<string, string>;
}

export type FakeObjects = Map<string, FakeObject>;

const failure = (status: number, name: string) =>
  new S3ServiceException({
    name,
    message: name,
    $fault: 'client',
    $metadata: { httpStatusCode: status },
  });

/** @throws 412; 404 for `If-Match` on a missing object, except that a deletion is no error */
function check(found: FakeObject | undefined, ifMatch: string | undefined, ifNoneMatch?: string): void {
  if (ifNoneMatch === '*' && found) throw failure(412, 'PreconditionFailed');
  if (ifMatch === undefined) return;
  if (!found) throw failure(404, 'NoSuchKey');
  if (ifMatch !== `"${found.etag}"`) throw failure(412, 'PreconditionFailed');
}

function read({ Key, IfMatch }: { Key?: string; IfMatch?: string }, objects: FakeObjects) {
  const found = objects.get(Key ?? '');
  check(found, IfMatch);
  if (!found) throw failure(404, 'NoSuchKey');
  const { body, etag, type, metadata } = found;
  return {
    ETag: `"${etag}"`,
    ContentLength: body.length,
    ContentType: type,
    LastModified: new Date(0),
    Metadata: { ...metadata },
    Body: {
      transformToByteArray: () => Promise.resolve(new Uint8Array(body)),
      transformToString: () => Promise.resolve(body.toString()),
    },
  };
}

function write({ input }: PutObjectCommand, objects: FakeObjects) {
  const { Key = '', Body, ContentType = '', Metadata = {}, IfMatch, IfNoneMatch } = input;
  check(objects.get(Key), IfMatch, IfNoneMatch);
  const body = Buffer.from(Body as Uint8Array | string);
  const etag = createHash('md5').update(body).digest('hex');
  objects.set(Key, { body, etag, type: ContentType, metadata: Metadata });
  return { ETag: `"${etag}"` };
}

/** @param turn awaited before each request */
export function fakeS3(objects: FakeObjects, turn: () => Promise<void> = async () => {}): S3Client {
  const send = async (command: unknown) => {
    await turn();
    if (command instanceof HeadObjectCommand || command instanceof GetObjectCommand)
      return read(command.input, objects);
    if (command instanceof PutObjectCommand) return write(command, objects);
    if (command instanceof DeleteObjectCommand) {
      const { Key = '', IfMatch } = command.input;
      const found = objects.get(Key);
      if (found) check(found, IfMatch);
      objects.delete(Key);
      return {};
    }
    throw new TypeError('not a request of this fake');
  };
  return { send } as unknown as S3Client;
}
