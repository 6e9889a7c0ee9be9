/**
 * `POST /photos/{id}/share`: a link that shows a result to anyone who has it, for a while.
 *
 * The links of a status are for its caller: their keys have the photo's id, which is the right to the photo at an open stage, and their responses its name.
 */
import type { SharedPhoto } from '../../contract/photo-api.ts';
import { PHOTO_TYPES } from '../../contract/photo-types.ts';
import type { GatewayPorts, PhotoRecord, PhotoSettings } from './ports.ts';
import { ProblemError } from './problems.ts';
import { isoTime } from './quotas.ts';
import { noSuchPhoto } from './read-photo.ts';

/** A copy is deleted between one day and two after it was made: an older one is made again, so that it outlives its link. */
const COPY_SECONDS = 43_200;

/**
 * @param now epoch seconds
 * @throws ProblemError `not-found` for a photo that has no result in colour at the service
 */
export async function sharePhoto(
  record: PhotoRecord,
  { registry, storage }: Pick<GatewayPorts, 'registry' | 'storage'>,
  { linkSeconds }: PhotoSettings,
  now: number,
): Promise<SharedPhoto> {
  const { id, output } = record;
  const [result, copy] = await Promise.all([storage.result(record), storage.shared(id)]);
  if (output === 'chroma' || !result)
    throw new ProblemError(
      'not-found',
      output === 'chroma'
        ? 'The service has the colours of this photo only; its client has the photo.'
        : 'The photo has no result.',
    );
  const type = PHOTO_TYPES.find((one) => one === result.type) ?? record.type;
  const isFresh = copy && copy.storedAt >= result.storedAt && now < copy.storedAt + COPY_SECONDS;
  if (!isFresh) {
    await storage.copyToShared(record, type);
    // A deletion that has begun since may have looked for the copy too early.
    const found = await registry.get(id);
    if (!found || found.deletedAt !== undefined) {
      await storage.removeShared(id);
      throw noSuchPhoto();
    }
  }
  const name = `photo.${type.slice('image/'.length)}`;
  const url = await storage.sharedLink(id, { name, type }, linkSeconds);
  return { url, expiresAt: isoTime(now + linkSeconds) };
}
