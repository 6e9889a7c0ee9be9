/** EXIF of results: a TIFF structure built by hand, in both byte orders, and what is changed in it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startsWith } from '../../../colour/metadata/bytes.ts';
import { EXIF_PREFIX, uprightExif } from '../../../colour/metadata/exif.ts';

const [SHORT, LONG] = [3, 4];
type Tag = [tag: number, type: number, value: number];

/** Directories one after the other; the value of a tag 'exif' is the offset of the second, the first links to the third. */
function tiff(little: boolean, first: Tag[], exif?: Tag[], thumbnail?: { tags: Tag[]; bytes: number[] }) {
  const sizeOf = (tags: Tag[]) => 2 + 12 * tags.length + 4;
  const firstTags: Tag[] = exif ? [...first, [0x8769, LONG, 8 + sizeOf(first) + 12]] : first;
  const exifAt = 8 + sizeOf(firstTags);
  const secondAt = exifAt + (exif ? sizeOf(exif) : 0);
  const bytes = new Uint8Array(secondAt + (thumbnail ? sizeOf(thumbnail.tags) + thumbnail.bytes.length : 0));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  const write = (at: number, tags: Tag[], next: number) => {
    view.setUint16(at, tags.length, little);
    tags.forEach(([tag, type, value], k) => {
      const entry = at + 2 + 12 * k;
      view.setUint16(entry, tag, little);
      view.setUint16(entry + 2, type, little);
      view.setUint32(entry + 4, 1, little);
      if (type === SHORT) view.setUint16(entry + 8, value, little);
      else view.setUint32(entry + 8, value, little);
    });
    view.setUint32(at + 2 + 12 * tags.length, next, little);
  };
  write(8, firstTags, thumbnail ? secondAt : 0);
  if (exif) write(exifAt, exif, 0);
  if (thumbnail) {
    write(secondAt, thumbnail.tags, 0);
    bytes.set(thumbnail.bytes, secondAt + sizeOf(thumbnail.tags));
  }
  return { bytes, secondAt, thumbnailAt: secondAt + (thumbnail ? sizeOf(thumbnail.tags) : 0) };
}

describe.each([
  ['little-endian', true],
  ['big-endian', false],
])('%s EXIF', (_name, little) => {
  const make = 0x010f;

  it('becomes upright with the dimensions of the picture; other tags stay', () => {
    const before = tiff(
      little,
      [
        [make, LONG, 7],
        [0x0112, SHORT, 6],
      ],
      [
        [0xa002, LONG, 1],
        [0xa003, SHORT, 2],
      ],
    );
    const after = tiff(
      little,
      [
        [make, LONG, 7],
        [0x0112, SHORT, 1],
      ],
      [
        [0xa002, LONG, 70_000],
        [0xa003, SHORT, 300],
      ],
    );
    const input = Uint8Array.from(before.bytes);
    expect(uprightExif(input, { width: 70_000, height: 300 })).toEqual(after.bytes);
    expect(input).toEqual(before.bytes);
    expect(
      uprightExif(Uint8Array.of(...EXIF_PREFIX, ...before.bytes), { width: 70_000, height: 300 }),
    ).toEqual(after.bytes);
  });

  it.each([1, 2, 3, 4, 6, 8, 9, 99])('has orientation 1 and its size where they were of type %d', (type) => {
    const before = tiff(
      little,
      [[0x0112, type, 6]],
      [
        [0xa002, type, 1],
        [0xa003, type, 65_534],
      ],
    );
    const longs = type === LONG;
    const after = tiff(
      little,
      [[0x0112, longs ? LONG : SHORT, 1]],
      [
        [0xa002, LONG, 65_536],
        [0xa003, longs ? LONG : SHORT, 65_535],
      ],
    );
    expect(uprightExif(before.bytes, { width: 65_536, height: 65_535 })).toEqual(after.bytes);
  });

  it('loses its thumbnail at the end of the file', () => {
    const at = tiff(little, [[make, LONG, 7]], undefined, {
      tags: [
        [0x0201, LONG, 0],
        [0x0202, LONG, 0],
      ],
      bytes: [],
    });
    const tags: Tag[] = [
      [0x0201, LONG, at.thumbnailAt],
      [0x0202, LONG, 3],
    ];
    const { bytes, secondAt, thumbnailAt } = tiff(little, [[make, LONG, 7]], undefined, {
      tags,
      bytes: [9, 9, 9],
    });
    const expected = bytes.slice(0, thumbnailAt);
    new DataView(expected.buffer).setUint32(8 + 2 + 12, 0);
    expect(secondAt).toBeLessThan(thumbnailAt);
    expect(uprightExif(bytes, { width: 1, height: 1 })).toEqual(expected);
  });

  it('has zeros in place of a thumbnail that other data follow', () => {
    const sizes = tiff(little, [], undefined, {
      tags: [
        [0x0201, LONG, 0],
        [0x0202, LONG, 0],
      ],
      bytes: [],
    });
    const tags: Tag[] = [
      [0x0201, LONG, sizes.thumbnailAt],
      [0x0202, LONG, 2],
    ];
    const { bytes } = tiff(little, [], undefined, { tags, bytes: [9, 9, 5] });
    const expected = Uint8Array.from(bytes);
    expected.set([0, 0, 5], sizes.thumbnailAt);
    new DataView(expected.buffer).setUint32(10, 0);
    expect(uprightExif(bytes, { width: 1, height: 1 })).toEqual(expected);
  });

  it.each([
    ['before the header ends', 7, 2],
    ['beyond the file', 1000, 2],
  ])('keeps its bytes when the thumbnail is %s', (_where, offset, length) => {
    const tags: Tag[] = [
      [0x0201, LONG, offset],
      [0x0202, LONG, length],
    ];
    const { bytes } = tiff(little, [], undefined, { tags, bytes: [9, 9] });
    const expected = Uint8Array.from(bytes);
    new DataView(expected.buffer).setUint32(10, 0);
    expect(uprightExif(bytes, { width: 1, height: 1 })).toEqual(expected);
  });

  it('keeps its bytes when the second directory has no thumbnail', () => {
    for (const tags of [[[0x0201, LONG, 60]], [[0x0202, LONG, 2]]] as Tag[][]) {
      const { bytes } = tiff(little, [], undefined, { tags, bytes: [9, 9] });
      const expected = Uint8Array.from(bytes);
      new DataView(expected.buffer).setUint32(10, 0);
      expect(uprightExif(bytes, { width: 1, height: 1 })).toEqual(expected);
    }
  });

  it('has zeros in place of a thumbnail that is before its directory', () => {
    const sizes = tiff(little, [[make, LONG, 0]], [], { tags: [], bytes: [] });
    // The empty directory of the EXIF tag is the thumbnail's place; the second directory is the end of the file.
    const at = sizes.secondAt - 6;
    const tags: Tag[] = [
      [0x0201, LONG, at],
      [0x0202, LONG, 4],
    ];
    const { bytes } = tiff(little, [[make, LONG, 0]], [], { tags, bytes: [] });
    bytes.set([0, 0, 9, 9], at);
    const expected = Uint8Array.from(bytes);
    expected.set([0, 0, 0, 0], at);
    new DataView(expected.buffer).setUint32(8 + 2 + 24, 0);
    expect(uprightExif(bytes, { width: 1, height: 1 })).toEqual(expected);
  });

  it('stays where it leads outside, and is undefined when it is not a TIFF structure', () => {
    const { bytes } = tiff(little, [[0x8769, LONG, 9999]]);
    expect(uprightExif(bytes, { width: 1, height: 1 })).toEqual(bytes);
    for (const [at, value] of [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
    ] as const) {
      const wrong = Uint8Array.from(tiff(little, []).bytes);
      wrong[at] = value;
      if (wrong[at] !== tiff(little, []).bytes[at])
        expect(uprightExif(wrong, { width: 1, height: 1 })).toBeUndefined();
    }
    expect(uprightExif(new Uint8Array(0), { width: 1, height: 1 })).toBeUndefined();
  });

  it.each([
    [1000, true],
    [1001, false],
  ])('with %d tags is read: %s', (count, isRead) => {
    const tags = Array.from({ length: count }, (_, k): Tag => [0x9000 + k, SHORT, 1]);
    expect(uprightExif(tiff(little, tags).bytes, { width: 1, height: 1 }) !== undefined).toBe(isRead);
  });
});

it('never throws, whatever the bytes', () => {
  const { bytes } = tiff(true, [[0x0112, SHORT, 6]], [[0xa002, LONG, 1]], {
    tags: [[0x0201, LONG, 60]],
    bytes: [1],
  });
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, length) => {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = value;
      const made = uprightExif(damaged.subarray(0, length), { width: 10, height: 10 });
      expect(made === undefined || made.length <= length).toBe(true);
    }),
    { seed: 5, numRuns: 500 },
  );
});

it('startsWith compares every byte at a position', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  expect(startsWith(bytes, Uint8Array.of(1, 2))).toBe(true);
  expect(startsWith(bytes, Uint8Array.of(1, 3))).toBe(false);
  expect(startsWith(bytes, Uint8Array.of(2, 3), 1)).toBe(true);
  expect(startsWith(bytes, Uint8Array.of(3, 4), 2)).toBe(false);
});
