/** Makes JPEG previews for the page, since browsers do not show TIFF and scans are large. */
import sharp from 'sharp';

export type Side = 'before' | 'after';
/** Reads a photo or its result; undefined when the object does not exist. */
export type ReadImage = (side: Side, key: string) => Promise<{ body: Buffer; type: string } | undefined>;

export interface Preview {
  body: Buffer;
  type: string;
}

const LONGEST_SIDE = 640;
/** Cached previews; the page shows 12 pairs. */
const CACHED = 64;

export class Previews {
  private readonly made = new Map<string, Promise<Preview | undefined>>();

  constructor(private readonly read: ReadImage) {}

  /** @returns undefined for an object that does not exist or is not an image */
  async get(side: Side, key: string): Promise<Preview | undefined> {
    const name = `${side}/${key}`;
    const known = this.made.get(name);
    if (known) return known;
    const making = this.make(side, key).catch(() => undefined);
    this.made.set(name, making);
    const [oldest] = this.made.keys();
    if (this.made.size > CACHED && oldest !== undefined) this.made.delete(oldest);
    const preview = await making;
    // Not cached: the object may not exist yet.
    if (!preview) this.made.delete(name);
    return preview;
  }

  private async make(side: Side, key: string): Promise<Preview | undefined> {
    const image = await this.read(side, key);
    if (!image) return undefined;
    const body = await sharp(image.body)
      .autoOrient()
      .resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .jpeg({ quality: 85 })
      .toBuffer();
    return { body, type: 'image/jpeg' };
  }
}
