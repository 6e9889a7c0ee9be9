/** Memory for the pixels of results. */

/** Of 42 megapixels: an instance has several image processes. */
const MOST_BYTES = 128e6;

/** Kept from one result to the next: for new memory the system clears every page, which takes two thirds of the time of a merge. */
export class PixelMemory {
  private kept: Uint8Array<ArrayBuffer> | undefined;

  /**
   * @param use is given so many bytes of any value, until its promise is settled
   * @returns what it returns
   */
  async lend<T>(length: number, use: (bytes: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T> {
    const { kept } = this;
    this.kept = undefined;
    const bytes = kept && kept.length >= length ? kept : new Uint8Array(length);
    try {
      return await use(bytes.subarray(0, length));
    } finally {
      if (bytes.length <= MOST_BYTES) this.kept = bytes;
    }
  }
}
