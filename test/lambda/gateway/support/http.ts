/** Requests to the deployed gateway and its bucket, as a client sends them. */
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { apiPhotoKey } from '../../../../contract/keys.ts';
import { createdPhotoSchema, problemSchema, type CreatedPhoto } from '../../../../contract/photo-api.ts';
import { deployed } from './deployed.ts';

export const BYTES = Buffer.from('opaque bytes of a photo');
export const PHOTO = { name: 'photo.jpg', type: 'image/jpeg', size: BYTES.length };

export type Headers = Record<string, string>;
export const post = (body: unknown, headers: Headers = {}, url = deployed.open.url) =>
  fetch(`${url}photos`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
export const getPhoto = (id: string, headers: Headers = {}, url = deployed.open.url) =>
  fetch(`${url}photos/${id}`, { headers });
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
export async function createPhoto(photo: object = {}): Promise<CreatedPhoto> {
  const response = await post({ ...PHOTO, ...photo });
  expect(response.status).toBe(201);
  return createdPhotoSchema.parse(await response.json());
}
export const put = (
  { upload }: CreatedPhoto,
  body: Buffer = BYTES,
  headers: Headers = {},
  url = upload.url,
) => fetch(url, { method: 'PUT', headers: { ...upload.headers, ...headers }, body: new Uint8Array(body) });
export const keys = async () => {
  const { Contents = [] } = await deployed.s3.send(
    new ListObjectsV2Command({ Bucket: deployed.open.bucket }),
  );
  return Contents.map(({ Key }) => Key);
};
export const stored = async (id: string) => {
  const Key = apiPhotoKey(id);
  const { Body } = await deployed.s3.send(new GetObjectCommand({ Bucket: deployed.open.bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
export async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(response.status);
  return problem;
}
