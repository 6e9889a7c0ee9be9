/** The client connected to a fake gateway. */
import { afterEach, expect } from 'vitest';
import { PhotoApi, type PhotoApiOptions, type SucceededPhoto } from '../../../client/api.ts';
import { pollPhoto } from '../../../client/poll.ts';
import { sendWith, upload } from '../../../client/upload.ts';
import { testClock } from './clock.ts';
import { FakeGateway, type FakeGatewayOptions } from './gateway.ts';

export const bytes = new Uint8Array([1, 2, 3]);
export const photo = { name: 'Großmutter 1931.jpg', type: 'image/jpeg', size: bytes.length } as const;

export let gateway: FakeGateway;
/** Closes the gateway after each test of a file. */
export const closeGatewayAfterEachTest = () => afterEach(() => gateway?.close());

export async function start(options?: FakeGatewayOptions, apiOptions?: PhotoApiOptions): Promise<PhotoApi> {
  gateway = await FakeGateway.start(options);
  return new PhotoApi(gateway.url, apiOptions);
}

export const apiError = (code: string) => expect.objectContaining({ name: 'ApiError', code }) as Error;

/** Uploads a photo and polls it until it has succeeded. */
export async function colourPhoto(api: PhotoApi): Promise<SucceededPhoto> {
  const created = await api.create(photo);
  await upload(created, bytes, sendWith());
  for await (const current of pollPhoto(api, created.id, { clock: testClock() }))
    if (current.status === 'succeeded') return current;
  throw new Error('the photo did not succeed');
}
