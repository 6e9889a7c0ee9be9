/** Small pictures for the page: browsers cannot show every format, and need not be sent whole scans. */
import sharp from 'sharp';

export type Side = 'before' | 'after';
/** Bytes of a photo; undefined when there is none. */
export type ReadImage = (side: Side, key: string) => Promise<{ body: Buffer; type: string } | undefined>;

export interface Preview {
  body: Buffer;
  type: string;
}

const LONGEST_SIDE = 640;
/** Previews kept; the page shows far fewer at once. */
const KEPT = 64;

export class Previews {
  private readonly made = new Map<string, Promise<Preview | undefined>>();

  constructor(private readonly read: ReadImage) {}

  /** Undefined for what is not there or is no picture. */
  async get(side: Side, key: string): Promise<Preview | undefined> {
    const name = `${side}/${key}`;
    const known = this.made.get(name);
    if (known) return known;
    const making = this.make(side, key).catch(() => undefined);
    this.made.set(name, making);
    const [oldest] = this.made.keys();
    if (this.made.size > KEPT && oldest !== undefined) this.made.delete(oldest);
    const preview = await making;
    // It may only not be there yet.
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
