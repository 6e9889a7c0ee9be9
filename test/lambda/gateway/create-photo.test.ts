/** POST /photos: record, link, sizes and quotas. */
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { offeredWorkflows } from '../../../contract/offered-workflow.ts';
import { createdPhotoSchema, type NewPhoto } from '../../../contract/photo-api.ts';
import { workflowSchema } from '../../../contract/workflow.ts';
import { photoOptions } from '../../../contract/workflow-option.ts';
import type { Caller } from '../../../lambda/gateway/ports.ts';
import type { GatewayProblemCode } from '../../../lambda/gateway/problems.ts';
import { idOf, SETTINGS, traceOf } from './support/memory.ts';
import {
  create,
  DAY,
  gateway,
  HOUR,
  jane,
  karl,
  MINUTE,
  newGatewayForEachTest,
  NOON,
  photo,
  problemOf,
  putByLink,
  storage,
  type CreateOptions,
} from './support/photos.ts';

newGatewayForEachTest();

const workflow = (name: string) =>
  workflowSchema.parse(JSON.parse(readFileSync(`ami/workflow/${name}.json`, 'utf8')));
const DDCOLOR = workflow('ddcolor');

const named = (name: string) => ({ name, label: { en: name, 'zh-CN': name } });
const WORKFLOWS = offeredWorkflows(
  {
    own: named('ddcolor'),
    graphs: [{ ...named('upscale'), chromaSize: 0, options: photoOptions(workflow('upscale')) }],
    names: ['upscale', 'ddcolor+upscale'],
  },
  { chromaSize: 512, options: photoOptions(DDCOLOR) },
);

describe('createPhoto', () => {
  it('returns an id and a link that stores exactly this photo', async () => {
    const created = await create();
    expect(createdPhotoSchema.parse(created)).toEqual(created);
    expect(created).toMatchObject({
      id: idOf(1),
      upload: { method: 'PUT', expiresAt: '2026-06-01T12:35:00.000Z' },
    });
    const { url, headers } = created.upload;
    expect((await putByLink(url, headers, photo.size - 1)).status).toBe(403);
    expect((await putByLink(url, headers)).status).toBe(200);
    expect(await storage().photo({ id: created.id })).toEqual({
      bytes: 1000,
      type: 'image/jpeg',
      storedAt: NOON,
    });
  });

  it('signs the choice for photos in colour, where there is one', async () => {
    const { upload } = await create({ photo: { colouredPhotos: 'refuse' } });
    expect(upload.headers).toMatchObject({ 'x-amz-meta-coloured-photos': 'refuse' });
    const { upload: other } = await create({ id: idOf(2) });
    expect(other.headers).not.toHaveProperty('x-amz-meta-coloured-photos');
  });

  it('signs options of the workflow', async () => {
    const options = photoOptions(DDCOLOR);
    const asked = { preset: 'buildings', strength: 80 };
    const { upload } = await create({ photo: { options: asked }, settings: { options } });
    expect(upload.headers).toMatchObject({
      'x-amz-meta-preset': 'buildings',
      'x-amz-meta-strength': '80',
    });
  });

  it.each<[NewPhoto['options'], string, Partial<NewPhoto>?]>([
    [{ preset: 'cats' }, "The option 'preset' is 'cats'; allowed is people, buildings."],
    [{ strength: 101 }, "The option 'strength' is '101'; allowed is a whole number from 0 to 100."],
    [{ strength: 1.5 }, "The option 'strength' is '1.5'; allowed is a whole number from 0 to 100."],
    [{ size: 9 }, "There is no option 'size'; the options of this workflow: preset, strength."],
    [
      { strength: 50 },
      "The option 'strength' is '50', and the output 'chroma'; allowed is 100: the client that merges a chroma scales it.",
      { output: 'chroma' },
    ],
  ])('refuses the options %j, and says what is allowed', async (asked, message, more = {}) => {
    const settings = { options: photoOptions(DDCOLOR) };
    const error = await problemOf(create({ photo: { ...more, options: asked }, settings }));
    expect(error).toMatchObject({ code: 'bad-option', message });
  });

  it('signs the workflow, and the options that it has', async () => {
    const photo = { workflow: 'ddcolor+upscale', options: { preset: 'buildings', sharpen: 0.5 } };
    const { upload } = await create({ photo, settings: { workflows: WORKFLOWS } });
    expect(upload.headers).toMatchObject({
      'x-amz-meta-workflow': 'ddcolor+upscale',
      'x-amz-meta-preset': 'buildings',
      'x-amz-meta-sharpen': '0.5',
    });
  });

  it.each<[Partial<NewPhoto>, string, string]>([
    [
      { workflow: 'anime' },
      'bad-option',
      "The workflow is 'anime'; allowed is ddcolor, upscale, ddcolor+upscale.",
    ],
    [
      { workflow: 'upscale', options: { preset: 'people' } },
      'bad-option',
      "There is no option 'preset'; the options of this workflow: sharpen.",
    ],
    [
      { workflow: 'ddcolor+upscale', options: { sharpen: 2 } },
      'bad-option',
      "The option 'sharpen' is '2'; allowed is a number from 0 to 1.",
    ],
    [
      { workflow: 'ddcolor+upscale', output: 'chroma' },
      'no-chroma',
      "output 'chroma': the workflow 'ddcolor+upscale' has no chroma output; use 'photo'.",
    ],
  ])('refuses %j with %s', async (photo, code, message) => {
    const error = await problemOf(create({ photo, settings: { workflows: WORKFLOWS } }));
    expect(error).toMatchObject({ code, message });
  });

  it('refuses a workflow of a stage with one', async () => {
    expect(await problemOf(create({ photo: { workflow: 'ddcolor' } }))).toMatchObject({
      code: 'bad-option',
      message:
        "The workflow is 'ddcolor'; allowed is none. This stage has one workflow, and its photos name none.",
    });
  });

  it('records the photo and its owner', async () => {
    const { id } = await create({ photo: { name: 'x.png', type: 'image/png', output: 'chroma' } });
    expect(await gateway.ports.registry.get(id)).toEqual({
      id,
      owner: 'jwt:jane',
      name: 'x.png',
      type: 'image/png',
      output: 'chroma',
      trace: traceOf(1),
      createdAt: NOON,
      place: 1,
      linkExpiresAt: NOON + 900,
      expiresAt: NOON + 45 * DAY,
    });
  });

  it('numbers the photos of ten seconds, and not those over a quota', async () => {
    const arrivals = gateway.ports.arrivals;
    for (const n of [1, 2]) await create({ id: idOf(n) });
    expect(await gateway.ports.registry.get(idOf(2))).toMatchObject({ place: 2 });
    await expect(create({ id: idOf(3), settings: { photosPerDay: 2 } })).rejects.toThrow();
    expect((await arrivals.read(NOON)).reduce((sum, { count }) => sum + count, 0)).toBe(2);
  });

  it('creates a photo that could not be numbered', async () => {
    gateway.ports.arrivals.count = async () => undefined;
    await create();
    expect(await gateway.ports.registry.get(idOf(1))).not.toHaveProperty('place');
  });

  it('keeps the record until the result of a photo that waited longest is deleted, and a day more', async () => {
    await create({ settings: { photoDays: 40, resultDays: 3 } });
    expect(await gateway.ports.registry.get(idOf(1))).toMatchObject({ expiresAt: NOON + 44 * DAY });
  });

  it('fails for an id that exists', async () => {
    await create({ id: idOf(7) });
    await expect(create({ id: idOf(7), photo: { name: 'other.jpg' } })).rejects.toThrow();
    expect(await gateway.ports.registry.get(idOf(7))).toMatchObject({ name: 'Oma.jpg' });
  });

  it('accepts a photo of the maximum size', async () => {
    await expect(create({ photo: { size: SETTINGS.maxUploadBytes } })).resolves.toBeDefined();
  });

  it('accepts a photo on a stage without chroma', async () => {
    await expect(create({ settings: { chromaSize: 0 } })).resolves.toBeDefined();
  });
});

/** Photos created before, the next caller and time, and the expected error. */
const QUOTAS: [
  how: string,
  before: Caller[],
  next: Caller,
  at: number,
  code: GatewayProblemCode | undefined,
  retryAfterSeconds?: number,
][] = [
  ['the first photo', [], jane, NOON, undefined],
  ['below the hourly quota', [jane, jane], jane, NOON, undefined],
  ['at the hourly quota', [jane, jane, jane], jane, NOON, 'hourly-quota-exceeded', 40 * MINUTE],
  ['another caller at the hourly quota', [jane, jane, jane], karl, NOON, undefined],
  [
    'just before the next hour',
    [jane, jane, jane],
    jane,
    NOON + 40 * MINUTE - 0.1,
    'hourly-quota-exceeded',
    1,
  ],
  ['the next hour', [jane, jane, jane], jane, NOON + 40 * MINUTE, undefined],
  [
    'at the daily quota',
    [jane, jane, jane, karl, karl],
    karl,
    NOON,
    'daily-quota-exceeded',
    11 * HOUR + 40 * MINUTE,
  ],
  ['at both quotas', [jane, jane, karl, karl, karl], karl, NOON, 'hourly-quota-exceeded', 40 * MINUTE],
  [
    'at the daily quota, the next hour',
    [jane, jane, jane, karl, karl],
    jane,
    NOON + HOUR,
    'daily-quota-exceeded',
    10 * HOUR + 40 * MINUTE,
  ],
  ['just before midnight', [jane, jane, karl, karl, karl], jane, NOON + 41_999.5, 'daily-quota-exceeded', 1],
  ['the next day', [jane, jane, jane, karl, karl], jane, NOON + 42_000, undefined],
];

describe('createPhoto with quotas of 3 per hour and 5 per day:', () => {
  it.each(QUOTAS)('%s', async (_how, before, next, at, code, retryAfterSeconds) => {
    for (const caller of before) await create({ caller });
    gateway.clock.now = at;
    if (code === undefined) {
      await expect(create({ caller: next })).resolves.toBeDefined();
      return;
    }
    const error = await problemOf(create({ caller: next }));
    expect(error).toMatchObject({ code, retryAfterSeconds });
    expect(gateway.ports.registry.size).toBe(before.length);
  });

  it('the detail names the quota and when it resets', async () => {
    for (let k = 0; k < 3; k++) await create();
    expect((await problemOf(create())).message).toBe(
      'The quota is 3 photos per caller, hour and lane; it resets at 2026-06-01T13:00:00.000Z.',
    );
    for (let k = 0; k < 2; k++) await create({ caller: karl });
    expect((await problemOf(create({ caller: karl }))).message).toBe(
      'The quota is 5 photos per day for all callers; it resets at 2026-06-02T00:00:00.000Z.',
    );
  });

  it('a photo over the hourly quota does not count towards the day', async () => {
    for (let k = 0; k < 3; k++) await create();
    for (let k = 0; k < 10; k++) await problemOf(create());
    await expect(create({ caller: karl })).resolves.toBeDefined();
  });

  it.each<[GatewayProblemCode, CreateOptions, RegExp]>([
    ['too-large', { photo: { size: 25_000_001 } }, /^size 25000001: the maximum is 25000000 bytes\.$/],
    [
      'too-large',
      { photo: { size: 1235 }, settings: { maxUploadBytes: 1234 } },
      /^size 1235: the maximum is 1234 bytes\.$/,
    ],
    [
      'no-chroma',
      { photo: { output: 'chroma' }, settings: { chromaSize: 0 } },
      /^output 'chroma': the workflow of this stage has no chroma output; use 'photo'\.$/,
    ],
  ])('a photo that fails with %s counts towards no quota', async (code, options, detail) => {
    for (let k = 0; k < 10; k++) {
      const error = await problemOf(create(options));
      expect(error).toMatchObject({ code, retryAfterSeconds: undefined });
      expect(error.message).toMatch(detail);
    }
    expect(gateway.ports.registry.size).toBe(0);
    await expect(create()).resolves.toBeDefined();
  });
});
