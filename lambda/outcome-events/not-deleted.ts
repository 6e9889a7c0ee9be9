/** Outcomes of photos that are not deleted: from the first step of its deletion on, a photo has no event. */
import { apiPhotoId, parseOutcomeKey } from '../../contract/keys.ts';
import type { OutcomeStore, StoredOutcome } from './ports.ts';

export class OutcomesNotDeleted implements OutcomeStore {
  /** @param isThere whether there is a photo with this id of the API that no deletion has begun with */
  constructor(
    private readonly outcomes: OutcomeStore,
    private readonly isThere: (photoId: string) => Promise<boolean>,
  ) {}

  /**
   * In this order: a deletion that begins after the outcome was read finds it, and so deletes a photo that had one. A photo that was cancelled may have an
   * outcome for a moment too, since a worker stores one before it looks for its photo again.
   */
  async read(key: string, kind: 'result' | 'failed'): Promise<StoredOutcome | undefined> {
    const outcome = await this.outcomes.read(key, kind);
    const parsed = parseOutcomeKey(key);
    const id = parsed && apiPhotoId(parsed.photoKey);
    if (!outcome || id === undefined) return outcome;
    return (await this.isThere(id)) ? outcome : undefined;
  }
}
