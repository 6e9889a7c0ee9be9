/** The steps of a probe over a bucket in memory: run twice, late, out of order, and with calls that fail. */
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { failedKey, resultKey } from '../../../contract/keys.ts';
import { isProbePhoto, probeEventSchema, probePhotoKey } from '../../../contract/probe.ts';
import { probePicture } from '../../../lambda/probe/picture.ts';
import { probe, type ProbePorts } from '../../../lambda/probe/run.ts';

const AT = Date.parse('2026-11-28T05:05:00Z') / 1000;
const CHECK = AT + 1800;
const HOUR = 3600;
const KEY = 'incoming/ddcolor-elastic-probe/2026-11-28T05.png';

let objects: Map<string, Buffer | string>;
let published: number[];
let lines: Record<string, unknown>[];
let ports: ProbePorts;
beforeEach(() => {
  objects = new Map([['incoming/Oma.jpg', 'a person’s']]);
  published = [];
  lines = [];
  ports = {
    bucketName: 'photos',
    put: async (key, body) => !objects.has(key) && Boolean(objects.set(key, body)),
    exists: async (key) => objects.has(key),
    failure: async (key) => objects.get(key)?.toString(),
    remove: async (key) => void objects.delete(key),
    stage: async () => ({ view: undefined, hasImage: true }),
    publish: async (failed) => void published.push(failed),
    now: () => CHECK,
    log: (line) => void lines.push(line),
  };
});
const others = () => [...objects.keys()].filter((key) => key !== 'incoming/Oma.jpg');
const colour = (at = AT) => objects.set(resultKey(probePhotoKey(at)), 'in colour');
const fail = (at = AT) => objects.set(failedKey(probePhotoKey(at)), 'retries-exhausted');

describe('a probe', () => {
  it.each<[string, () => unknown, number]>([
    ['succeeds, and nothing stays', colour, 0],
    ['fails, and nothing stays', fail, 1],
    ['has no outcome, and nothing stays', () => undefined, 1],
  ])('%s', async (_what, worker, failed) => {
    await probe('send', AT, ports);
    expect(others()).toEqual([KEY]);
    worker();
    await probe('check', CHECK, ports);
    expect([published, others()]).toEqual([[failed], []]);
  });

  it('that is invoked twice is one', async () => {
    for (const at of [AT, AT + 7]) await probe('send', at, ports);
    colour();
    for (const at of [CHECK, CHECK + 5]) await probe('check', at, ports);
    expect(published).toEqual([0]);
    expect(lines.map(({ message, isNew, reason }) => [message, isNew ?? reason])).toEqual([
      ['probe-photo-sent', true],
      ['probe-photo-sent', false],
      ['probe-photo-checked', 'succeeded'],
      ['probe-photo-checked', 'not-sent'],
    ]);
  });

  it('that was not sent proves nothing', async () => {
    ports.stage = async () => ({ view: undefined, hasImage: false });
    await probe('send', AT, ports);
    await probe('check', CHECK, ports);
    expect([published, others()]).toEqual([[], []]);
    expect(lines[0]).toMatchObject({ message: 'probe-photo-not-sent', reason: 'no-image' });
  });

  it('does not meet the next one, and removes what one before has left', async () => {
    await probe('send', AT, ports);
    colour();
    const working = ports;
    ports = { ...working, remove: () => Promise.reject(new Error('SlowDown')) };
    await expect(probe('check', CHECK, ports)).rejects.toThrow('SlowDown');
    ports = working;
    await probe('send', AT + HOUR, ports);
    fail(AT - 23 * HOUR);
    expect(others()).toHaveLength(4);
    colour(AT + HOUR);
    await probe('check', CHECK + HOUR, ports);
    // It could not clean up: that is said, as a failure, until the next one.
    expect([published, others()]).toEqual([[0, 1, 0], []]);
  });

  it.each<[string, 'send' | 'check', Partial<ProbePorts>]>([
    ['write', 'send', { put: () => Promise.reject(new Error('AccessDenied')) }],
    ['read', 'check', { exists: () => Promise.reject(new Error('AccessDenied')) }],
    ['ask the stage', 'send', { stage: () => Promise.reject(new Error('AccessDenied')) }],
  ])('that cannot %s has failed, and so does the function', async (_what, step, broken) => {
    await expect(probe(step, AT, { ...ports, ...broken })).rejects.toThrow('AccessDenied');
    expect(published).toEqual([1]);
    expect(lines).toContainEqual({ message: 'probe-not-run', step, error: 'AccessDenied' });
  });

  it('that cannot publish fails by the error of the first call', async () => {
    const publish = () => Promise.reject(new Error('Throttling'));
    const put = () => Promise.reject(new Error('AccessDenied'));
    await expect(probe('send', AT, { ...ports, put, publish })).rejects.toThrow('AccessDenied');
    await probe('send', AT, ports);
    await expect(probe('check', CHECK, { ...ports, publish })).rejects.toThrow('Throttling');
  });

  it('logs no key', async () => {
    await probe('send', AT, ports);
    await probe('check', CHECK, ports);
    expect(JSON.stringify(lines)).not.toContain('incoming/');
    expect(lines[0]?.photo).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the photo', () => {
  it('is a small grey picture with something in it, the same each time', async () => {
    const png = probePicture();
    const { width, height, channels, format } = await sharp(png).metadata();
    expect([format, width, height, channels]).toEqual(['png', 320, 240, 1]);
    const {
      channels: [grey],
    } = await sharp(png, { failOn: 'warning' }).stats();
    expect(grey!.stdev).toBeGreaterThan(30);
    expect(png.length).toBeLessThan(50_000);
    expect(probePicture()).toEqual(png);
  });

  it('has the hour of its schedule as its name, under which no user’s photo is taken for it', () => {
    expect([AT, CHECK, AT + 7].map(probePhotoKey)).toEqual([KEY, KEY, KEY]);
    expect(isProbePhoto(KEY)).toBe(true);
    for (const key of [
      'incoming/ddcolor-elastic-probe/Oma.png',
      'incoming/ddcolor-elastic-probe/2026-11-28T05.png/Oma.png',
      'incoming/album/ddcolor-elastic-probe/2026-11-28T05.png',
      'incoming/2026-11-28T05.png',
    ])
      expect(isProbePhoto(key)).toBe(false);
  });

  it('is sent for an event of its schedules only', () => {
    const scheduledTime = '2026-11-28T05:05:00Z';
    expect(probeEventSchema.parse({ step: 'send', scheduledTime })).toEqual({ step: 'send', scheduledTime });
    for (const event of [
      {},
      { step: 'send' },
      { step: 'look', scheduledTime },
      { step: 'send', scheduledTime: 'now' },
    ])
      expect(probeEventSchema.safeParse(event).success).toBe(false);
  });
});
