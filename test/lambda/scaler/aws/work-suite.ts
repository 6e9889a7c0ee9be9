/** What instances report, over the wire of the local AWS and in the simulator: one suite for both. */
import { PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { addWork, putBootFailure } from '../../../../worker/aws/work-counters.ts';
import { TABLE_KEY, WORK_ATTRIBUTES, workKeyPrefix } from '../../../../contract/names.ts';
import { DynamoWork } from '../../../../lambda/scaler/aws/reports.ts';
import { countersOf } from '../../../../lambda/scaler/policy/plausible.ts';
import type { Work } from '../../../../lambda/scaler/ports.ts';
import { simulatedWork } from '../../../../sim/policies/ports.ts';
import { simulated } from '../support/simulated.ts';

const PREFIX = workKeyPrefix('AROAEXAMPLE');

/** @param dynamo of the file's tests, with the table `memory` */
export function workTests(dynamo: () => DynamoDBClient): void {
  describe.each<[string, () => Promise<{ port: Work; workTwice: () => Promise<void> }>]>([
    [
      'DynamoDB',
      () => {
        const workTwice = async () => {
          // Two reports at once: none is lost.
          const item = { tableName: 'memory', key: `${PREFIX}0` };
          const done = { completed: 1, busySeconds: 6 };
          await Promise.all([
            addWork(dynamo(), item, done, Date.now()),
            addWork(dynamo(), item, done, Date.now()),
          ]);
        };
        return Promise.resolve({ port: new DynamoWork(dynamo(), 'memory', PREFIX), workTwice });
      },
    ],
    [
      'the simulator',
      () => {
        const engine = simulated({ arrivals: [5, 5], min: 1, service: 6 });
        const workTwice = async () => {
          for (let at = 1; at <= 30; at++) engine.advance(at);
        };
        return Promise.resolve({ port: simulatedWork(engine), workTwice });
      },
    ],
  ])('work: %s', (_name, make) => {
    it('is what the instance has done', async () => {
      const { port, workTwice } = await make();
      expect((await port.read(['0']))?.at(0)?.completed ?? 0).toBe(0);
      await workTwice();
      expect(await port.read(['0'])).toEqual([{ instance: '0', completed: 2, busySeconds: 12 }]);
    });
  });

  it('one instance that writes anything at all leaves the others readable', async () => {
    const written = {
      liar: { N: '9.9E+125' },
      precise: { N: '9'.repeat(38) },
      text: { S: 'x'.repeat(390_000) },
      deep: { L: [{ M: { N: { N: '1' } } }] },
      empty: { NULL: true },
      below: { N: '-1' },
    };
    for (const [instance, value] of Object.entries(written))
      await dynamo().send(
        new PutItemCommand({
          TableName: 'memory',
          Item: {
            [TABLE_KEY]: { S: PREFIX + instance },
            [WORK_ATTRIBUTES.completed]: value,
            [WORK_ATTRIBUTES.busySeconds]: { N: '1' },
          },
        }),
      );
    await addWork(
      dynamo(),
      { tableName: 'memory', key: `${PREFIX}honest` },
      { completed: 3, busySeconds: 18 },
      0,
    );
    const reports = await new DynamoWork(dynamo(), 'memory', PREFIX).read([
      ...Object.keys(written),
      'honest',
    ]);
    expect(reports).toHaveLength(7);
    expect(reports).toContainEqual({ instance: 'honest', completed: 3, busySeconds: 18 });
    const believed = reports?.filter((report) => typeof countersOf(report) !== 'string');
    expect(believed?.map(({ instance }) => instance)).toEqual(['honest']);
  });

  it('of the bulk lane is counted apart, once there is any', async () => {
    const item = { tableName: 'memory', key: `${PREFIX}i-bulk` };
    const [instance, bulk] = ['i-bulk', { bulkCompleted: 1, bulkBusySeconds: 2.5 }];
    await addWork(dynamo(), item, { completed: 2, busySeconds: 5, bulkCompleted: 0, bulkBusySeconds: 0 }, 0);
    const work = new DynamoWork(dynamo(), 'memory', PREFIX);
    expect(await work.read([instance])).toEqual([{ instance, completed: 2, busySeconds: 5 }]);
    await addWork(dynamo(), item, { completed: 1, busySeconds: 2.5, ...bulk }, 0);
    await addWork(dynamo(), item, { completed: 1, busySeconds: 2.5, ...bulk }, 0);
    expect(await work.read([instance])).toEqual([
      { instance, completed: 4, busySeconds: 10, bulkCompleted: 2, bulkBusySeconds: 5 },
    ]);
  });

  it('of several workflows is counted for each, and not that of others', async () => {
    const item = { tableName: 'memory', key: `${PREFIX}i-mix` };
    const [instance, whole] = ['i-mix', { completed: 1, busySeconds: 2.5 }];
    const started = { started: 1, bulkStarted: 1, completed: 0, busySeconds: 0 };
    const workflows = { 'ddcolor+upscale': started, upscale: { ...started, ...whole, bulkStarted: 0 } };
    await addWork(dynamo(), item, { completed: 0, busySeconds: 0, workflows }, 0);
    await addWork(
      dynamo(),
      item,
      { ...whole, workflows: { 'ddcolor+upscale': { ...started, ...whole } } },
      0,
    );
    const names = ['ddcolor', 'ddcolor+upscale'];
    expect(await new DynamoWork(dynamo(), 'memory', PREFIX, names).read([instance])).toEqual([
      {
        ...{ instance, ...whole },
        workflows: { ddcolor: {}, 'ddcolor+upscale': { ...whole, started: 2, bulkStarted: 2 } },
      },
    ]);
  });

  it('why an instance cannot get ready is read from its own item', async () => {
    const item = { tableName: 'memory', key: `${PREFIX}i-bad` };
    await putBootFailure(dynamo(), item, 'no weights '.repeat(100), Date.now());
    const work = new DynamoWork(dynamo(), 'memory', PREFIX);
    const found = await work.failures(['i-bad', 'honest', 'i-unknown']);
    expect(found).toEqual([{ instance: 'i-bad', why: 'no weights '.repeat(100).slice(0, 300) }]);
    expect(await work.failures([])).toEqual([]);
    // A worker that restarts and gets ready after all counts in the same item.
    await addWork(dynamo(), item, { completed: 1, busySeconds: 6 }, Date.now());
    expect(await work.read(['i-bad'])).toEqual([{ instance: 'i-bad', completed: 1, busySeconds: 6 }]);
  });
}
