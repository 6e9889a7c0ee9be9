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

const EMPTY = Buffer.alloc(0);

/** Puts frames together from the chunks of a stream, and never holds more than one frame may have. */
export class FrameReader {
  private chunks: Buffer[] = [];
  /** Bytes of the first chunk that have been read. */
  private start = 0;
  private held = 0;
  private lengths: { header: number; body: number } | undefined;

  /** @param limits may be changed between frames */
  constructor(public limits: FrameLimits) {}

  /**
   * Yields the frames that this chunk completes, each when it is asked for: a caller that has lost its trust reads no further.
   *
   * @throws RangeError for a length beyond the limits, SyntaxError for a header that is not JSON; read no further then
   */
  *push(chunk: Buffer): Generator<Frame, void> {
    if (chunk.length > 0) this.keep(chunk);
    for (;;) {
      if (!this.lengths && this.held >= LENGTHS) this.lengths = this.allowed();
      const { lengths } = this;
      if (!lengths || this.held < lengths.header + lengths.body) return;
      this.lengths = undefined;
      const header = this.header(lengths.header);
      yield { header, body: this.body(lengths.body) };
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
      last = Buffer.concat([this.chunks.length === 0 ? this.unread(before) : before, last]);
    }
    this.chunks.push(last);
  }

  /** The rest of what was the first chunk. */
  private unread(first: Buffer): Buffer {
    const rest = first.subarray(this.start);
    this.start = 0;
    return rest;
  }

  private allowed(): { header: number; body: number } {
    const at = this.take(LENGTHS);
    const chunk = this.chunks[0]!;
    const lengths = { header: chunk.readUInt32LE(at), body: chunk.readUInt32LE(at + 4) };
    for (const part of ['header', 'body'] as const) {
      if (lengths[part] > this.limits[part])
        throw new RangeError(`a ${part} of ${lengths[part]} bytes; at most ${this.limits[part]} are allowed`);
    }
    return lengths;
  }

  private header(length: number): unknown {
    const at = length === 0 ? 0 : this.take(length);
    return JSON.parse(length === 0 ? '' : this.chunks[0]!.toString('utf8', at, at + length));
  }

  private body(length: number): Buffer {
    if (length === 0) return EMPTY;
    const at = this.take(length);
    const body = this.chunks[0]!.subarray(at, at + length);
    this.dropRead();
    return body;
  }

  /** A large body is not held once it has been given away. */
  private dropRead(): void {
    if (this.chunks[0]?.length !== this.start) return;
    this.chunks.shift();
    this.start = 0;
  }

  /** Reads bytes, of which at least so many are held. @returns where they are in the first chunk */
  private take(length: number): number {
    this.dropRead();
    if (this.chunks[0]!.length - this.start < length) this.join(length);
    const at = this.start;
    this.start += length;
    this.held -= length;
    return at;
  }

  /** Makes the next bytes part of one chunk. */
  private join(length: number): void {
    const parts = [this.unread(this.chunks[0]!)];
    let missing = length - parts[0]!.length;
    let used = 1;
    for (; missing > 0; used++) {
      const chunk = this.chunks[used]!;
      parts.push(chunk.subarray(0, missing));
      if (chunk.length > missing) this.chunks[used--] = chunk.subarray(missing);
      missing -= parts.at(-1)!.length;
    }
    this.chunks.splice(0, used, Buffer.concat(parts, length));
  }
}
