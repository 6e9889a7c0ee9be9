/** The corpus by the command: sent to a bucket, through the worker's path, and back. */
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { failedKey, INCOMING, resultKey } from '../../contract/keys.ts';
import { CORPUS, manifest } from '../../tools/corpus/manifest.ts';
import { compared } from '../../tools/corpus/measure.ts';
import { settings, throughWorker } from '../../tools/corpus/worker-path.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { command, Folder, objects } from '../cli/support/command.ts';

const BUCKET = 'corpus-of-the-command';
/** Names that the command takes for pictures; it skips files of other names in a folder. */
const SENT = /\.(jpg|png|webp|tif|avif)$/;

/** Gives each photo of the bucket its outcome. @returns a function that stops it */
function work(s3: S3Client): () => Promise<void> {
  const images = new LocalImageProcessor(settings);
  const seen = new Set<string>();
  let going = true;
  const put = (Key: string, Body: string | Buffer) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  const one = async (Key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    const outcome = await throughWorker(images, Buffer.from(await Body!.transformToByteArray()));
    if ('result' in outcome) await put(resultKey(Key), outcome.result);
    else await put(failedKey(Key), JSON.stringify({ ...outcome, retryable: false, key: Key, etag: 'x' }));
  };
  const loop = async () => {
    while (going) {
      const listed = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: INCOMING }));
      for (const { Key = '' } of listed.Contents ?? []) {
        if (seen.has(Key)) continue;
        seen.add(Key);
        await one(Key);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const running = loop();
  return async () => {
    going = false;
    await running;
  };
}

/** Of 8 bits with a profile of tables, which LittleCMS converts; none of the sample has one. */
const TABLES = 'tiff/rgb8-scanner.tif';

/** @param aws a local AWS, once it has started */
export function corpusTests(aws: () => { s3: S3Client; env: NodeJS.ProcessEnv }): void {
  it('gets the outcome of each file of the corpus', async () => {
    const { s3, env } = aws();
    const rows = manifest().filter(
      ({ file, sample }) => SENT.test(file) && (sample || file === TABLES || process.env.FULL),
    );
    const folder = new Folder();
    for (const { file } of rows) {
      mkdirSync(dirname(join(folder.path, 'album', file)), { recursive: true });
      cpSync(join(CORPUS, 'files', file), join(folder.path, 'album', file));
    }
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const stop = work(s3);
    try {
      const ended = await command(folder.path, ['colour', 'album', '--bucket', BUCKET, '--json'], env);
      const said = new Map(objects(ended).map((object) => [object.name, object]));
      const wrong: string[] = [];
      for (const row of rows) {
        const { outcome, code, message } = said.get(row.file) ?? {};
        const got =
          outcome === 'succeeded'
            ? { result: readFileSync(join(folder.path, 'coloured', row.file)) }
            : { code: String(code), message: String(message) };
        const { faults } = await compared(row, got);
        if (faults.length > 0) wrong.push(`${row.file}: ${faults.join('; ')}`);
      }
      expect(wrong).toEqual([]);
      expect(ended).toMatchObject({ code: 1, err: '' });
    } finally {
      await stop();
      folder.remove();
    }
  });
}
