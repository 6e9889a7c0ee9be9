/** Frames put together from chunks of any size, and never more of them than allowed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader, type Frame } from '../../worker/imaging/frames.ts';

const LIMITS = { header: 1000, body: 1_000_000 };
const bytesOf = (frames: Frame[]) =>
  Buffer.concat(frames.flatMap(({ header, body }) => encodeFrame(header, body)));

/** Pushes bytes in chunks of these lengths, one after the other. */
function read(bytes: Buffer, lengths: number[], reader = new FrameReader(LIMITS)): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0, k = 0; at < bytes.length; k++) {
    const length = lengths[k % lengths.length] ?? 1;
    frames.push(...reader.push(bytes.subarray(at, at + length)));
    at += length;
  }
  return frames;
}

const frame = fc.record({
  header: fc.oneof(
    fc.constant({}),
    fc.record({ do: fc.string({ maxLength: 20 }), megapixels: fc.integer() }),
  ),
  body: fc.uint8Array({ maxLength: 3000 }).map((body) => Buffer.from(body)),
});

describe('a reader of frames', () => {
  it('gives the frames that were sent, whatever the chunks', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 });
    const check = fc.property(fc.array(frame, { maxLength: 6 }), lengths, (frames, sizes) => {
      expect(read(bytesOf(frames), sizes)).toEqual(frames);
    });
    fc.assert(check, { seed: 21, numRuns: 200 });
  });

  it.each([
    ['a header', Buffer.from([0xe9, 3, 0, 0, 0, 0, 0, 0]), /a header of 1001 bytes; at most 1000/],
    ['a body', Buffer.from([2, 0, 0, 0, 0x41, 0x42, 0x0f, 0]), /a body of 1000001 bytes; at most 1000000/],
  ])('refuses %s beyond its limit before it arrives', (_, start, message) =>
    expect(() => [...new FrameReader(LIMITS).push(start)]).toThrow(message),
  );

  it('reads no frame that nobody asks for', () => {
    const two = Buffer.concat([
      bytesOf([{ header: {}, body: Buffer.from('a') }]),
      Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0x7b]),
    ]);
    const frames = new FrameReader(LIMITS).push(two);
    expect(frames.next().value).toEqual({ header: {}, body: Buffer.from('a') });
    expect(() => frames.next()).toThrow(SyntaxError);
  });

  it('holds no list of single bytes', () => {
    const reader = new FrameReader(LIMITS);
    const frames = [{ header: {}, body: Buffer.alloc(200_000, 7) }];
    const bytes = bytesOf(frames);
    expect(read(bytes.subarray(0, -1), [1], reader)).toEqual([]);
    const { chunks } = reader as unknown as { chunks: Buffer[] };
    expect(chunks.length).toBeLessThan(40);
    expect([...reader.push(bytes.subarray(-1))]).toEqual(frames);
    expect(chunks).toEqual([]);
  });
});
