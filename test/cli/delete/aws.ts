/** `delete` against a local AWS: photos in the gateway's table and the bucket, with the index as the stack makes it. */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, it } from 'vitest';
import { photoDeleter } from '../../../cli/delete/aws.ts';
import { requestHandler } from '../../../cli/shared/proxy.ts';
import { clientConfig } from '../../../common/environment.ts';
import { CALLER_INDEX, GATEWAY_KEY } from '../../../contract/gateway.ts';
import { resultKey } from '../../../contract/keys.ts';
import { photoKeyOf } from '../../../lambda/gateway/first-queue.ts';
import { photosOfCaller } from '../../../lambda/gateway/aws/caller-photos.ts';
import { DynamoPhotoRegistry } from '../../../lambda/gateway/aws/registry.ts';
import type { PhotoRecord } from '../../../lambda/gateway/ports.ts';
import { command } from '../support/command.ts';
import { json, STAGE, type stageOf } from '../support/stage.ts';

const [TableName, Bucket] = ['ops-gateway', 'unused'];
let photos = 0;

export function deleteTests({ stage, folder, operate }: ReturnType<typeof stageOf>): void {
  beforeAll(async () => {
    await stage.s3.send(new CreateBucketCommand({ Bucket }));
    const { name, partition, sort } = CALLER_INDEX;
    await stage.documents.send(
      new CreateTableCommand({
        ...{ TableName, BillingMode: 'PAY_PER_REQUEST' },
        AttributeDefinitions: [
          { AttributeName: GATEWAY_KEY, AttributeType: 'S' },
          { AttributeName: partition, AttributeType: 'S' },
          { AttributeName: sort, AttributeType: 'N' },
        ],
        KeySchema: [{ AttributeName: GATEWAY_KEY, KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: name,
            KeySchema: [
              { AttributeName: partition, KeyType: 'HASH' },
              { AttributeName: sort, KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
    );
  });

  const registry = () => new DynamoPhotoRegistry(stage.documents, TableName);

  async function announced(owner: string, state: 'waits' | 'succeeded', more: Partial<PhotoRecord> = {}) {
    const id = `photo-${String(++photos).padStart(16, '0')}`;
    const at = Date.now() / 1000;
    const photo: PhotoRecord = {
      ...{ id, owner, name: 'Oma.jpg', type: 'image/jpeg', output: 'photo', trace: '' },
      ...{ createdAt: at, linkExpiresAt: at - 3600, expiresAt: at + 3600, ...more },
    };
    await registry().put(photo);
    const keys = [photoKeyOf(photo), ...(state === 'succeeded' ? [resultKey(photoKeyOf(photo))] : [])];
    for (const Key of keys) await stage.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    return id;
  }

  const left = async () => {
    const { Contents = [] } = await stage.s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key = '' }) => Key);
  };

  it('cancels what waits, deletes what has an outcome, and says what it did not find', async () => {
    const [waiting, done] = [
      await announced('jwt:ann', 'waits', { lane: 'bulk' }),
      await announced('jwt:ann', 'succeeded'),
    ];
    const other = await announced('anonymous', 'succeeded');
    const unknown = 'x'.repeat(22);
    const noS3 = { ...stage.env, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' };
    const failed = await command(folder.path, ['delete', waiting, '--yes', '--stage', STAGE], noS3);
    expect(failed.code).toBe(3);
    expect(failed.err).toContain(
      `${waiting} is not deleted: table ${TableName} and bucket ${Bucket} cannot be reached (ECONNREFUSED).`,
    );
    expect(failed.out).toContain('0 gone, 1 failed.');
    const ended = await operate('delete', waiting, done, unknown, done, '--yes');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out.split('\n').slice(0, 3).sort()).toEqual(
      [
        `${waiting} cancelled: it had no outcome, and gets none`,
        `${done} deleted, with its outcome`,
        `${unknown} not found: no such photo, or deleted before`,
      ].sort(),
    );
    expect(ended.out).toContain('3 photos at stage ops: 1 cancelled, 1 deleted, 1 gone, 0 failed.');
    expect(await left()).toEqual([`incoming/api/${other}`, `results/api/${other}`]);
    expect(await registry().get(other)).toBeDefined();
    // Everybody is this caller.
    for await (const one of photosOfCaller(stage.documents, TableName, 'anonymous')) expect(one).toBe('');
    expect(json(await operate('delete', other, '--yes', '--json'))).toMatchObject({
      deleted: 1,
      caller: null,
    });
    expect(await left()).toEqual([]);
  });

  it('deletes all photos of one caller, and counts them first', async () => {
    const [caller, name] = ['group:Museum Köln', 'group:Museum'];
    for (const state of ['waits', 'succeeded', 'succeeded'] as const) await announced(caller, state);
    const neighbour = await announced(name, 'succeeded', { sidelined: true });
    const dry = await operate('delete', '--caller', caller, '--dry-run');
    expect(dry).toMatchObject({ code: 0, err: '' });
    expect(dry.out).toContain(
      '3 photos of group:Museum Köln at stage ops would be deleted. Nothing is changed.',
    );
    expect(await left()).toHaveLength(7);
    const counts = { caller, found: 3, cancelled: 1, deleted: 2, gone: 0, failed: 0 };
    expect(json(await operate('delete', '--caller', caller, '--json', '--yes'))).toMatchObject(counts);
    expect(await left()).toEqual([`sidelined-results/api/${neighbour}`, `sidelined/api/${neighbour}`]);
    expect(json(await operate('delete', '--caller', caller, '--json', '--yes'))).toMatchObject({ found: 0 });
    expect(await registry().get(neighbour)).toBeDefined();
  });

  it('does not find a photo that another deletion has taken', async () => {
    const ports = { signal: new AbortController().signal, now: () => Date.now() / 1000 };
    const config = {
      ...{ ...clientConfig(stage.endpoint), maxAttempts: 1 },
      requestHandler: await requestHandler({}, { connectionTimeout: 5000, socketTimeout: 5000 }),
    };
    const deleter = photoDeleter(config, { bucket: Bucket, table: TableName }, ports);
    const waiting = await announced('jwt:ann', 'waits');
    const answers = await Promise.all([deleter.delete(waiting), deleter.delete(waiting)]);
    expect(answers.sort()).toEqual(['cancelled', 'gone']);
  });

  const id = 'x'.repeat(22);
  it.each([
    [[], 'name the photos by their ids, or their caller by --caller'],
    [[id, '--caller', 'jwt:ann', '--yes'], 'name the photos by their ids, or their caller by --caller'],
    [['oma.jpg', '--yes'], "<ids> is 'oma.jpg'. Expected an id of the API: 22 letters, digits, - and _"],
    [['--caller', 'ann', '--yes'], "'--caller <name>' argument 'ann' is invalid"],
    [['--caller', 'anonymous', '--yes'], "Expected a caller: 'jwt:'"],
    [[id], 'add --yes: there is no terminal to ask on'],
  ])('refuses %j', async (args, message) => {
    const ended = await operate('delete', ...args);
    expect(ended.code).toBe(2);
    expect(ended.err).toContain(message);
  });
}
