/**
 * Metadata of TIFF files, where it is tags of the picture's own directory. What the pixels need is the result's; what is said of
 * the picture is the photo's.
 *
 * libvips reads XMP and IPTC alone of these tags, and sharp writes XMP alone.
 */
import { latin1, startsWith } from '../../colour/metadata/bytes.ts';
import type { Collection, Metadata, MetadataKind } from '../../colour/metadata/metadata.ts';
import { resourcesOfResult } from '../../colour/metadata/resources.ts';
import { readXmp, writeXmp } from '../../colour/metadata/xmp.ts';
import type { ResultFacts } from '../../colour/metadata/xmp-properties.ts';
import {
  bytesTag,
  longTag,
  reversed,
  shortTag,
  TagReader,
  TagWriter,
  TYPES,
  type Tag,
} from './tiff-values.ts';
import type { TiffEntry } from './tiff-entries.ts';
import { isKept, isOfResult, isPlace, RESOLUTION, TAGS } from './tiff-tags.ts';

/** What a TIFF has beside what other files have. */
export interface TiffMetadata {
  tags: Tag[];
  exif: Tag[];
  gps: Tag[];
  interoperability: Tag[];
  /** Of the stored picture. */
  size: { width: number; height: number };
}

/**
 * @param directory position of the picture's directory; by default the first one
 * @returns what the file says of the picture. Where that is not the first one, as in files with a thumbnail, the first directory says
 * what the picture's own does not
 */
export function readTiff(
  file: Buffer,
  collection: Collection,
  directory?: number,
): Metadata & { tiff?: TiffMetadata } {
  const metadata: Metadata = { parts: [], turned: false };
  const own = TagReader.of(file, directory);
  const first = directory === undefined ? own : TagReader.of(file);
  if (!own || !first) {
    collection.leaveOut('tags');
    return metadata;
  }
  const collector = new Collector(file, own, collection);
  const others = [...first.entries.values()].filter(({ tag }) => !own.entries.has(tag));
  return { ...metadata, ...collector.read([...own.entries.values(), ...others]) };
}

class Collector {
  constructor(
    private readonly file: Buffer,
    private readonly reader: TagReader,
    private readonly collection: Collection,
  ) {}

  /** @param entries of the picture's directory and the first */
  read(entries: TiffEntry[]): Partial<Metadata> & { tiff: TiffMetadata } {
    const { reader, collection } = this;
    const of = (wanted: number) => entries.filter(({ tag }) => tag === wanted);
    const exif = this.follow(of(TAGS.exif)[0]);
    const interoperability = exif?.entries.get(TAGS.interoperability);
    const [xmp] = this.take('xmp', of(TAGS.xmp));
    const [resources] = this.take('iptc', of(TAGS.resources));
    const found = xmp && readXmp(xmp.value);
    if (xmp && !found) collection.leaveOut('xmp');
    const orientation = reader.number(TAGS.orientation);
    return {
      xmp: found,
      resources: resources?.value,
      turned: orientation >= 5 && orientation <= 8,
      tiff: {
        tags: [
          ...this.take('tags', entries.filter(isKept)),
          ...this.take('iptc', of(TAGS.iptc)).map(inStreamOrder),
        ],
        exif: this.tagsOf(exif),
        gps: this.tagsOf(this.follow(of(TAGS.gps)[0])),
        interoperability: this.tagsOf(interoperability && this.follow(interoperability)),
        size: { width: reader.number(TAGS.width), height: reader.number(TAGS.height) },
      },
    };
  }

  private take(kind: MetadataKind, entries: TiffEntry[]): Tag[] {
    return entries.flatMap((entry) => {
      const tag = this.collection.allows(kind, this.reader.lengthOf(entry)) && this.reader.tag(entry);
      if (!tag) this.collection.leaveOut(kind);
      return tag || [];
    });
  }

  /** The directory that a tag leads to. */
  private follow(pointer: TiffEntry | undefined): TagReader | undefined {
    if (!pointer) return undefined;
    const value = this.reader.tag({ ...pointer, count: 1 })?.value;
    const position = value?.reduceRight((sum, byte) => sum * 256 + byte, 0);
    const found = position ? TagReader.of(this.file, position) : undefined;
    if (!found) this.collection.leaveOut('exif');
    return found;
  }

  private tagsOf(directory: TagReader | undefined): Tag[] {
    if (!directory) return [];
    const entries = [...directory.entries.values()].filter(({ tag }) => tag !== TAGS.interoperability);
    const tags = this.take('exif', entries);
    return directory.isLittle ? tags : tags.map(commentInOrder);
  }
}

/** IPTC is a stream of bytes; some programs wrote it as numbers, in the order of their machine. */
function inStreamOrder(tag: Tag): Tag {
  if (tag.type !== TYPES.long) return tag;
  const isReversed = tag.value[0] !== 0x1c && tag.value[3] === 0x1c;
  return isReversed ? { ...tag, value: reversed(tag.value, 4) } : tag;
}

const UNICODE = latin1('UNICODE\0');

/** A comment in Unicode has the byte order of its file. */
function commentInOrder(tag: Tag): Tag {
  if (tag.tag !== TAGS.userComment || !startsWith(tag.value, UNICODE)) return tag;
  reversed(tag.value.subarray(UNICODE.length), 2);
  return tag;
}

/** @returns the file with the photo's metadata; its pixels and colour profile stay. The file is no longer what it was */
export function writeTiff(
  file: Buffer,
  metadata: Metadata & { tiff?: TiffMetadata },
  facts: ResultFacts,
): Uint8Array<ArrayBuffer> {
  const { xmp, resources, turned, tiff } = metadata;
  const reader = TagReader.of(file)!;
  const writer = new TagWriter(file);
  const own = [...reader.entries.values()].filter(({ tag }) => isOfResult(tag));
  const isSame = !turned && tiff?.size.width === facts.width && tiff.size.height === facts.height;
  const theirs = tiff ? tiff.tags.filter(({ tag }) => isSame || !isPlace(tag)) : [];
  const tags = [
    ...own.flatMap((entry) => reader.tag(entry) ?? []),
    ...(turned ? theirs.map(withResolutionsSwapped) : theirs),
    shortTag(TAGS.orientation, 1),
    bytesTag(TAGS.xmp, writeXmp(xmp, facts)),
  ];
  const kept = resources && resourcesOfResult(resources, turned);
  if (kept?.length) tags.push(bytesTag(TAGS.resources, kept));
  if (!theirs.some(({ tag }) => tag === RESOLUTION.x)) tags.push(...NO_RESOLUTION);
  if (tiff?.exif.length) tags.push(longTag(TAGS.exif, writer.directory(exifOf(tiff, facts, writer))));
  if (tiff?.gps.length) tags.push(longTag(TAGS.gps, writer.directory(tiff.gps)));
  return writer.finish(writer.directory(tags));
}

/** The EXIF directory with what is different in a result. */
function exifOf({ exif, interoperability }: TiffMetadata, facts: ResultFacts, writer: TagWriter): Tag[] {
  const changed = new Map([
    [TAGS.exifWidth, longTag(TAGS.exifWidth, facts.width)],
    [TAGS.exifHeight, longTag(TAGS.exifHeight, facts.height)],
    [TAGS.colourSpace, shortTag(TAGS.colourSpace, 1)],
  ]);
  const tags = exif.map((tag) => changed.get(tag.tag) ?? tag);
  if (interoperability.length === 0) return tags;
  const index: Tag = { tag: 1, type: TYPES.ascii, count: 4, value: latin1('R98\0') };
  const own = interoperability.map((tag) => (tag.tag === 1 ? index : tag));
  return [...tags, longTag(TAGS.interoperability, writer.directory(own))];
}

function withResolutionsSwapped(tag: Tag): Tag {
  if (tag.tag === RESOLUTION.x) return { ...tag, tag: RESOLUTION.y };
  return tag.tag === RESOLUTION.y ? { ...tag, tag: RESOLUTION.x } : tag;
}

const one = (tag: number): Tag => ({
  tag,
  type: TYPES.rational,
  count: 1,
  value: Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0),
});
/** The format requires them. */
const NO_RESOLUTION = [one(RESOLUTION.x), one(RESOLUTION.y), shortTag(RESOLUTION.unit, 1)];
