/** Gives a result the metadata of its photo, which a canvas does not have: by the same modules as the GPU worker. */
import { readJpeg, writeJpeg } from '../../../colour/metadata/jpeg.ts';
import { Collection, type Metadata } from '../../../colour/metadata/metadata.ts';
import { readPng, writePng } from '../../../colour/metadata/png.ts';
import { readWebp, writeWebp } from '../../../colour/metadata/webp.ts';
import type { ResultFacts } from '../../../colour/metadata/xmp-properties.ts';

/** Of a JPEG: its metadata is before its pixels. */
const HEAD_BYTES = 16 << 20;

type Read = (file: Uint8Array, collection: Collection) => Metadata | Promise<Metadata>;
type Write = (file: Uint8Array, metadata: Metadata, facts: ResultFacts) => Uint8Array<ArrayBuffer>;

const FORMATS: Record<string, [read: Read, write: Write]> = {
  'image/jpeg': [readJpeg, writeJpeg],
  'image/png': [(file, collection) => readPng(file, collection, inflate), writePng],
  'image/webp': [readWebp, writeWebp],
};

/** @returns what a file of a format that browsers write says of itself; undefined for other formats */
export async function metadataOf(file: Blob): Promise<Metadata | undefined> {
  const read = FORMATS[file.type]?.[0];
  return read?.(await headOf(file), new Collection());
}

/** A file up to where its metadata ends. */
export const headOf = (file: Blob): Promise<Uint8Array> =>
  bytesOf(file.type === 'image/jpeg' ? file.slice(0, HEAD_BYTES) : file);

/** @param size of the result */
export async function withMetadataOf(
  file: Blob,
  result: Blob,
  size: { width: number; height: number },
): Promise<Blob> {
  // A browser that cannot write a format writes PNG.
  const write = result.type === file.type ? FORMATS[result.type]?.[1] : undefined;
  const metadata = write && (await metadataOf(file));
  if (!write || !metadata) return result;
  const made = write(await bytesOf(result), metadata, { ...size, provenance: { isColoured: true } });
  return new Blob([made], { type: result.type });
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

/** @returns undefined for data that are damaged, or larger than that when they are unpacked */
async function inflate(packed: Uint8Array, most: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    // Firefox has it since 113: before, packed texts are left out.
    const unpacked = new Blob([Uint8Array.from(packed)])
      .stream()
      .pipeThrough(new DecompressionStream('deflate'));
    const reader = unpacked.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
      if (length > most) {
        await reader.cancel();
        return undefined;
      }
      parts.push(Uint8Array.from(part.value));
    }
  } catch {
    return undefined;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
