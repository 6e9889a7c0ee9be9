/** The journal of an instance: lines, GPU errors, delivery. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deliveredBytes, DeliveryCheck, deliveryWatch } from '../../worker/journal/delivery.ts';
import { JOURNAL_FIELDS, lineOf } from '../../worker/journal/entry.ts';
import { gpuErrorOf } from '../../worker/journal/gpu-errors.ts';
import { LineFile } from '../../worker/journal/line-file.ts';
import { journalReader } from '../../worker/journal/reader.ts';
import { memoryLog } from './support/memory.ts';

const entry = (fields: Record<string, unknown>) =>
  JSON.stringify({ __REALTIME_TIMESTAMP: '1764288000123456', PRIORITY: '6', ...fields });
const XID = (code: number) =>
  `NVRM: Xid (PCI:0000:00:1e): ${code}, pid='<unknown>', name=<unknown>, GPU has fallen off`;
const kernel = (MESSAGE: string) => entry({ _TRANSPORT: 'kernel', PRIORITY: '3', MESSAGE });

describe('an entry of the journal', () => {
  const line = (fields: Record<string, unknown>) => {
    const found = lineOf(entry(fields), 'i-1');
    return found && (JSON.parse(found.text) as unknown);
  };
  const time = '2025-11-28T00:00:00.123Z';

  it('of the worker stays as it is', () => {
    const own = '{"time":"t","level":"info","instance":"i-1","event":"photo-started","photo":"p"}';
    expect(lineOf(entry({ _SYSTEMD_UNIT: 'photo-worker.service', MESSAGE: own }), 'i-1')?.text).toBe(own);
  });

  it.each([
    ['a stack trace of the worker', { _SYSTEMD_UNIT: 'photo-worker.service' }, { source: 'worker' }],
    ['ComfyUI', { _SYSTEMD_UNIT: 'comfyui.service' }, { source: 'comfyui' }],
    ['the kernel', { _TRANSPORT: 'kernel', PRIORITY: '4' }, { source: 'kernel', level: 'warn' }],
    [
      'systemd, of a unit',
      { _SYSTEMD_UNIT: 'init.scope', UNIT: 'scratch.service', PRIORITY: '3' },
      {
        source: 'boot',
        unit: 'scratch.service',
        level: 'error',
      },
    ],
    ['a program without a unit', { SYSLOG_IDENTIFIER: 'cloud-init' }, { source: 'boot', unit: 'cloud-init' }],
  ])('of %s has time, level, instance and source', (_of, fields, expected) => {
    const message = 'a text\nof two lines';
    expect(line({ ...fields, MESSAGE: message })).toEqual({
      time,
      level: 'info',
      instance: 'i-1',
      message,
      ...expected,
    });
  });

  it('that is not UTF-8 is read from its bytes, and a long one is cut', () => {
    expect(line({ MESSAGE: [0xff, 0x41] })).toMatchObject({ message: '�A' });
    const long = lineOf(entry({ MESSAGE: '"'.repeat(1_000_000) }), 'i-1')!;
    expect(Buffer.byteLength(long.text)).toBeLessThan(256_000);
    expect(long.message).toMatch(/… \(1000000 characters\)$/);
  });

  it.each([
    '',
    'text',
    '[]',
    '{}',
    '{"MESSAGE":"no time"}',
    entry({ MESSAGE: null }),
    entry({ MESSAGE: '' }),
  ])('is none: %s', (text) => expect(lineOf(text, 'i-1')).toBeUndefined());

  it('is asked of journalctl with the fields that it needs', () => {
    expect(JOURNAL_FIELDS).toEqual(expect.arrayContaining(['MESSAGE', 'UNIT', '_TRANSPORT', 'PRIORITY']));
  });
});

describe('an XID in the kernel’s log', () => {
  it.each([
    [XID(79), 79, true],
    [XID(48), 48, true],
    [XID(94), 94, true],
    [XID(95), 95, true],
    [XID(13), 13, false],
    [XID(31), 31, false],
  ])('%s', (message, xid, isFatal) => {
    const found = gpuErrorOf(message);
    expect([found?.xid, found?.fatal !== undefined]).toEqual([xid, isFatal]);
  });

  it.each(['NVRM: loading', 'Xid (PCI:0): 79', ` ${XID(79)}`])('is none: %s', (text) =>
    expect(gpuErrorOf(text)).toBeUndefined(),
  );

  const reader = (markUnhealthy: () => Promise<void>) => {
    const log = memoryLog();
    const [lines, counted, marked] = [[] as string[], [] as string[], [] as string[]];
    const read = journalReader({
      instance: 'i-1',
      write: (line) => lines.push(line),
      publishGpuError: () => Promise.resolve(void counted.push('error')),
      markUnhealthy: () => (marked.push('i-1'), markUnhealthy()),
      log,
    });
    return { log, read, lines, counted, marked };
  };

  it('is counted, and a fatal one has the instance replaced, once', async () => {
    const { read, lines, counted, marked, log } = reader(() => Promise.resolve());
    await read(kernel(XID(13)));
    expect([counted.length, marked.length]).toEqual([1, 0]);
    for (const code of [79, 79]) await read(kernel(XID(code)));
    expect([lines.length, counted.length, marked.length]).toEqual([3, 3, 1]);
    expect(log.of('instance-marked-unhealthy')).toEqual([{ xid: 79 }]);
  });

  it('marks the instance at the next one when Auto Scaling refused', async () => {
    let refusals = 1;
    const { read, marked, log } = reader(() =>
      refusals-- > 0 ? Promise.reject(new Error('throttled')) : Promise.resolve(),
    );
    for (const code of [79, 95, 48]) await read(kernel(XID(code)));
    expect([marked.length, log.of('health-not-set')]).toEqual([2, [{ error: 'throttled' }]]);
  });

  it('counts from the kernel alone: a program that prints one changes nothing', async () => {
    const { read, lines, counted, marked } = reader(() => Promise.resolve());
    await read(entry({ _SYSTEMD_UNIT: 'comfyui.service', MESSAGE: XID(79) }));
    expect([lines.length, counted.length, marked.length]).toEqual([1, 0, 0]);
  });
});

describe('the delivery', () => {
  it.each([
    [undefined, 0],
    ['1234\n/var/log/journal.log', 1234],
    ['0-1234\n/var/log/journal.log', 1234],
    ['0-100,200-1234\n/var/log/9999', 1234],
    ['', 0],
  ])('has the offset of the state file %j', (state, bytes) => expect(deliveredBytes(state)).toBe(bytes));

  it('has failed when lines of a minute ago are not delivered, five minutes in a row', () => {
    const check = new DeliveryCheck();
    const minutes = Array.from({ length: 8 }, (_, k) => check.hasFailed(100 * (k + 1), 0));
    // In the first minute nothing is due yet.
    expect(minutes).toEqual([false, false, false, false, false, true, true, true]);
    expect(check.hasFailed(900, 800)).toBe(false);
    expect(check.hasFailed(1000, 800)).toBe(false);
  });

  it('has not failed where the agent is a minute behind, or nothing is written', () => {
    const check = new DeliveryCheck();
    for (let k = 1; k < 20; k++) expect(check.hasFailed(100 * k, 100 * (k - 1))).toBe(false);
    for (let k = 1; k < 20; k++) expect(check.hasFailed(1900, 1900)).toBe(false);
  });

  it('is reported and counted each minute in which it has failed; a state that cannot be read is no delivery', async () => {
    const log = memoryLog();
    let [written, refusals, published] = [0, 1, 0];
    const watch = deliveryWatch({
      written: () => written,
      readState: () => Promise.reject(new Error('ENOENT')),
      publishFailure: () =>
        refusals-- > 0 ? Promise.reject(new Error('throttled')) : Promise.resolve(void published++),
      log,
    });
    for (let minute = 1; minute <= 7; minute++) {
      written += 100;
      await watch();
    }
    expect(log.of('logs-not-delivered')).toEqual([
      { written: 600, delivered: 0 },
      { written: 700, delivered: 0 },
    ]);
    expect([published, log.of('metrics-not-published')]).toEqual([1, [{ error: 'throttled' }]]);
  });

  it('goes on in a new file when one is large', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'journal-')), 'journal.log');
    const file = new LineFile(path, 10);
    for (const line of ['one line', 'second line', 'third']) file.append(line);
    expect([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')]).toEqual([
      'one line\nsecond line\n',
      'third\n',
    ]);
    expect(new LineFile(path, 10).size).toBe(file.size);
  });
});
