/**
 * Frames of the image processes' protocol: a JSON header and a body of bytes, each of bounded length.
 *
 *     length of the header, UInt32LE | length of the body, UInt32LE | header, UTF-8 | body
 */

export interface Frame {
  header: unknown;
  body: Buffer;
}

/** Allowed lengths of one direction, bytes. */
export interface FrameLimits {
  header: number;
  body: number;
}

const LENGTHS = 8;
/** As a pipe gives at once. */
const JOINED_BYTES = 65_536;

/** @returns what to write, in order; the body is not copied */
export function encodeFrame(header: unknown, body: Uint8Array = new Uint8Array()): [Buffer, Uint8Array] {
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(LENGTHS);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  return [Buffer.concat([lengths, text]), body];
}

/** Puts frames together from the chunks of a stream, and never holds more than one frame may have. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private held = 0;
  private lengths: { header: number; body: number } | undefined;

  constructor(private readonly limits: FrameLimits) {}

  /**
   * @returns the frames that this chunk completes
   * @throws RangeError for a length beyond the limits, SyntaxError for a header that is not JSON; read no further then
   */
  push(chunk: Buffer): Frame[] {
    this.keep(chunk);
    const frames: Frame[] = [];
    for (;;) {
      if (!this.lengths && this.held >= LENGTHS) this.lengths = this.allowed(this.take(LENGTHS));
      const { lengths } = this;
      if (!lengths || this.held < lengths.header + lengths.body) return frames;
      this.lengths = undefined;
      const header: unknown = JSON.parse(this.take(lengths.header).toString('utf8'));
      frames.push({ header, body: this.take(lengths.body) });
    }
  }

  /** Small chunks are joined, each with one of its size: a sender that writes byte by byte fills no list. */
  private keep(chunk: Buffer): void {
    this.held += chunk.length;
    let last = chunk;
    for (;;) {
      const before = this.chunks.at(-1);
      if (!before || last.length >= JOINED_BYTES || before.length > last.length) break;
      this.chunks.pop();
      last = Buffer.concat([before, last]);
    }
    this.chunks.push(last);
  }

  private allowed(start: Buffer): { header: number; body: number } {
    const lengths = { header: start.readUInt32LE(0), body: start.readUInt32LE(4) };
    for (const part of ['header', 'body'] as const) {
      if (lengths[part] > this.limits[part])
        throw new RangeError(`a ${part} of ${lengths[part]} bytes; at most ${this.limits[part]} are allowed`);
    }
    return lengths;
  }

  /** Removes the first bytes from what is held. */
  private take(length: number): Buffer {
    const parts: Buffer[] = [];
    let missing = length;
    let used = 0;
    for (; missing > 0; used++) {
      const chunk = this.chunks[used]!;
      parts.push(chunk.subarray(0, missing));
      if (chunk.length > missing) {
        this.chunks[used] = chunk.subarray(missing);
        break;
      }
      missing -= chunk.length;
    }
    this.chunks.splice(0, used);
    this.held -= length;
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, length);
  }
}
