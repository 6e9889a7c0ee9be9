/**
 * Which lane is served next where photos of both wait: interactive, but for every tenth start, which is bulk's. A deficit counter, as in deficit round robin
 * (Shreedhar and Varghese 1995): what bulk has been denied is kept, so that starts of several photos at once cost it nothing. Pure.
 */
import { INTERACTIVE_PER_BULK, type Lane } from '../../contract/lanes.ts';

export class LaneShare {
  /** Interactive photos that started while a bulk photo waited, less those for which bulk has had its start. */
  private denied = 0;

  /** Whether a bulk photo that waits starts next. */
  get isBulksTurn(): boolean {
    return this.denied >= INTERACTIVE_PER_BULK;
  }

  /**
   * Records a start.
   *
   * @param photos that started
   * @param bulkWaits whether a bulk photo waited
   */
  started(lane: Lane, photos: number, bulkWaits: boolean): void {
    if (lane === 'bulk') this.denied = Math.max(0, this.denied - INTERACTIVE_PER_BULK * photos);
    else this.denied = bulkWaits ? this.denied + photos : 0;
  }

  /** No bulk photo waits: it has been denied nothing. */
  noneWaits(): void {
    this.denied = 0;
  }
}
