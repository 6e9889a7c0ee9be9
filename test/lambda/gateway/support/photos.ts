/** createPhoto and readPhoto over ports in memory, with a clock that the test sets. */
import { beforeEach, expect } from 'vitest';
import { apiPhotoKey, failedKey, resultKey } from '../../../../contract/keys.ts';
import type { Lane } from '../../../../contract/lanes.ts';
import { photoSchema, type NewPhoto } from '../../../../contract/photo-api.ts';
import { createPhoto } from '../../../../lambda/gateway/create-photo.ts';
import type { Caller, PhotoSettings } from '../../../../lambda/gateway/ports.ts';
import { ProblemError } from '../../../../lambda/gateway/problems.ts';
import { findPhoto, readPhoto, type StatusReply } from '../../../../lambda/gateway/read-photo.ts';
import { failureOf, memoryGateway, SETTINGS, type MemoryGateway } from './memory.ts';
import type { LinkRequest } from './memory-storage.ts';

export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;
/** A Monday. */
export const NOON = Date.parse('2026-06-01T12:20:00Z') / 1000;

export const photo: NewPhoto = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000, output: 'photo' };
export const jane: Caller = { owner: 'jwt:jane', quotaKey: 'jwt:jane' };
export const karl: Caller = { owner: 'jwt:karl', quotaKey: 'jwt:karl' };

export let gateway: MemoryGateway;
/** Gives each test of a file its own gateway. */
export const newGatewayForEachTest = () =>
  beforeEach(() => {
    gateway = memoryGateway(NOON);
  });

export interface CreateOptions {
  photo?: Partial<NewPhoto>;
  caller?: Caller;
  settings?: Partial<PhotoSettings>;
  id?: string;
}

export const create = ({
  photo: fields,
  caller = jane,
  settings,
  id = gateway.newId(),
}: CreateOptions = {}) =>
  createPhoto(
    { ...photo, ...fields },
    caller,
    gateway.ports,
    { ...SETTINGS, ...settings },
    { id, trace: gateway.newTrace(), now: gateway.clock.now },
  );

/** The reply, which always matches the schema of the API. */
export async function read(
  id: string,
  caller = jane,
  settings: Partial<PhotoSettings> = {},
): Promise<StatusReply> {
  const { now } = gateway.clock;
  const record = await findPhoto(id, caller, gateway.ports, now);
  const reply = await readPhoto(record, gateway.ports, { ...SETTINGS, ...settings }, now);
  expect(photoSchema.parse(reply.status)).toEqual(reply.status);
  return reply;
}

/** The error of a request that must fail. */
export async function problemOf(request: Promise<unknown>): Promise<ProblemError> {
  const error = await request.then(
    (value) => new Error(`no error but ${JSON.stringify(value)}`),
    (reason: Error) => reason,
  );
  if (!(error instanceof ProblemError)) throw error;
  return error;
}

export const storage = () => gateway.ports.storage;
/** Uploads by a link, as a client does. */
export const putByLink = (url: string, headers: Record<string, string>, size = photo.size) => {
  const request: LinkRequest = { method: 'PUT', headers, body: Buffer.alloc(size) };
  return storage().use(url, request);
};
/** Writes a photo, a result or a failure record to the bucket. */
export const storePhoto = (id: string, lane?: Lane) =>
  storage().write(apiPhotoKey(id, lane), Buffer.alloc(photo.size), photo.type);
export const storeResult = (
  id: string,
  type = 'image/jpeg',
  size = 1500,
  metadata: Record<string, string> = {},
) => storage().write(resultKey(apiPhotoKey(id)), Buffer.alloc(size), type, metadata);
export const storeFailure = (id: string, more: Parameters<typeof failureOf>[1] = {}) =>
  storage().write(failedKey(apiPhotoKey(id)), JSON.stringify(failureOf(id, more)), 'application/json');
