/** Links for others: which photos have them, and when the copy behind them is made. */
import { expect, it } from 'vitest';
import { apiPhotoKey, sharedKey } from '../../../contract/keys.ts';
import { sharedPhotoSchema } from '../../../contract/photo-api.ts';
import { deletePhoto } from '../../../lambda/gateway/delete-photo.ts';
import { findPhoto } from '../../../lambda/gateway/read-photo.ts';
import { sharePhoto } from '../../../lambda/gateway/share-photo.ts';
import { SETTINGS } from './support/memory.ts';
import {
  create,
  gateway,
  HOUR,
  jane,
  karl,
  newGatewayForEachTest,
  NOON,
  problemOf,
  storage,
  storeFailure,
  storePhoto,
  storeResult,
} from './support/photos.ts';

newGatewayForEachTest();

async function share(id: string, caller = jane) {
  const { now } = gateway.clock;
  const shared = await sharePhoto(
    await findPhoto(id, caller, gateway.ports, now),
    gateway.ports,
    SETTINGS,
    now,
  );
  return sharedPhotoSchema.parse(shared);
}
const open = (url: string) => storage().use(url, { method: 'GET' });

it('shows the result for the time of a link, and has neither its id nor its name', async () => {
  const { id } = await create({ photo: { name: 'Oma 1931.jpg' } });
  storeResult(id, 'image/png', 1500, { 'source-etag': 'abc', 'trace-id': 'def' });
  const { url, expiresAt } = await share(id);
  expect(expiresAt).toBe(new Date((NOON + SETTINGS.linkSeconds) * 1000).toISOString());
  const { status, body, disposition } = await open(url);
  expect([status, body.length]).toEqual([200, 1500]);
  expect(disposition).toBe("inline; filename*=UTF-8''photo.png");
  expect(url + disposition).not.toMatch(new RegExp(`${id}|Oma`));
  expect(storage().objects.get(sharedKey(id))).toMatchObject({ metadata: {}, type: 'image/png' });
  gateway.clock.now += SETTINGS.linkSeconds + 1;
  expect((await open(url)).status).toBe(403);
});

it.each([
  ['at once', 0, 0],
  ['after 11 hours', 11 * HOUR, 0],
  // The lifecycle rule would delete it while the link works.
  ['after 13 hours', 13 * HOUR, 1],
])('takes the copy of a photo that is shared again %s', async (_when, later, copies) => {
  const { id } = await create();
  storeResult(id);
  await share(id);
  gateway.clock.now += later;
  const first = storage().objects.get(sharedKey(id));
  const { url } = await share(id);
  expect(Number(storage().objects.get(sharedKey(id)) !== first)).toBe(copies);
  expect((await open(url)).status).toBe(200);
});

it('copies a result again that is newer than the copy', async () => {
  const { id } = await create();
  storeResult(id);
  await share(id);
  gateway.clock.now += 5;
  storeResult(id, 'image/jpeg', 7);
  expect((await open((await share(id)).url)).body.length).toBe(7);
});

it('leaves no copy where the photo is deleted while it is made', async () => {
  const { id } = await create();
  storeResult(id);
  storage().copyToShared = async () => {
    const record = await gateway.ports.registry.get(id);
    expect(await deletePhoto(record!, gateway.ports, NOON)).toEqual({ id, status: 'deleted' });
    // The request that copies was on its way.
    storage().write(sharedKey(id), 'copy', 'image/jpeg');
  };
  expect((await problemOf(share(id))).code).toBe('not-found');
  expect([...storage().objects.keys()]).toEqual([apiPhotoKey(id)]);
});

it.each([
  ['another caller’s', {}, (id: string) => storeResult(id), karl],
  ['one that waits', {}, (id: string) => storePhoto(id), jane],
  ['one that failed', {}, (id: string) => storeFailure(id), jane],
  // Its result is not the photo, and the photo has never left its device.
  ['one whose client has it', { output: 'chroma' }, (id: string) => storeResult(id), jane],
] as const)('is refused for %s', async (_what, photo, store, caller) => {
  const { id } = await create({ photo });
  store(id);
  expect((await problemOf(share(id, caller))).code).toBe('not-found');
  expect(storage().objects.has(sharedKey(id))).toBe(false);
});
