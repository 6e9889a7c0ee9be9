/**
 * `DELETE /photos/{id}`: deletes a photo with its outcome, its record and its links.
 *
 * One conditional write, which replaces the photo by an empty placeholder, decides between the deletion and an outcome. A worker counts its outcome
 * only after it has found the photo still there, and no worker removes one while the placeholder says that the deletion runs: so an outcome that
 * counts is there when this looks for it. Later a worker that finds the photo gone removes what it has written.
 * Every step may be repeated, and the record, by which a caller can repeat them, goes last.
 */
import type { DeletedPhoto } from '../../contract/photo-api.ts';
import type { GatewayPorts, PhotoRecord } from './ports.ts';
import { noSuchPhoto, UPLOAD_SECONDS } from './read-photo.ts';

/**
 * @param now epoch seconds
 * @throws ProblemError `not-found` when another request has deleted it meanwhile
 */
export async function deletePhoto(
  record: PhotoRecord,
  { registry, storage, unfinished }: Pick<GatewayPorts, 'registry' | 'storage' | 'unfinished'>,
  now: number,
): Promise<DeletedPhoto> {
  const { id, counter, linkExpiresAt } = record;
  const refuseUploads = now < linkExpiresAt + UPLOAD_SECONDS;
  await registry.markDeleted(id, { deletedAt: now });
  await storage.beginDeletion(record, refuseUploads);
  const hasOutcome = (await storage.result(record)) ?? (await storage.failure(record));
  // A deletion that is repeated or meets another one no longer finds the outcome.
  if (hasOutcome) await registry.markDeleted(id, { deletedAt: now, hadOutcome: true });
  await storage.endDeletion(record, refuseUploads);
  await storage.removeOutcomes(record);
  // After the result: what is copied until then is removed, and what is copied later finds no result.
  await storage.removeShared(id);
  if (counter && now < counter.endsAt) await unfinished.leave({ id, counter });
  const removed = await registry.remove(id);
  if (!removed) throw noSuchPhoto();
  return { id, status: removed.hadOutcome === true ? 'deleted' : 'cancelled' };
}
