/** Our nodes for the chroma path: grey copies stacked in one PGM file, a and b of several photos in another. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { planesOfGrey } from './colour.ts';
import { PythonError } from './graph.ts';
import type { Palette } from './palettes.ts';

/** A picture of one byte per pixel. */
export interface Grey {
  width: number;
  height: number;
  data: Uint8Array;
}

/** What goes wrong with prompts of several photos, which tests and chaos runs switch on. */
export type BatchFault =
  | 'none'
  /** One of the photos fails each prompt that it is in, also alone. */
  | 'photo-fails'
  /** The prompt fails, and none of its photos alone. */
  | 'prompt-fails'
  /** The saved file lacks its end. */
  | 'cut'
  /** The prompt is forgotten while it runs. */
  | 'lost'
  /** ComfyUI ends while the prompt runs. */
  | 'ended';

/** The prompt is to vanish from queue and history. */
export class PromptVanished extends Error {}

const HEADER = /^P5\s(\d+)\s(\d+)\s255\s/;

/** Reads a PGM file as Pillow does. @returns undefined for a file that is none; the missing part of one that is cut is black */
export function readPgm(path: string): Grey | undefined {
  const file = readFileSync(path);
  const match = HEADER.exec(file.toString('latin1', 0, 40));
  if (!match) return undefined;
  const [header, width, height] = [match[0], Number(match[1]), Number(match[2])];
  const data = new Uint8Array(width * height);
  data.set(file.subarray(header.length, header.length + data.length));
  return { width, height, data };
}

/** Photos that are stacked in a picture. @throws PythonError as the node does */
export function unstacked({ width, height, data }: Grey, size: number): Uint8Array[] {
  if (width !== size || height % size !== 0) {
    const text = `DDColorChroma: expected photos of ${size} x ${size} from top to bottom, found a picture of ${width} x ${height}\n`;
    throw new PythonError('ValueError', text);
  }
  const photo = size * size;
  return Array.from({ length: height / size }, (_, k) => data.subarray(k * photo, (k + 1) * photo));
}

/** Photos whose planes are kept: a run sends many copies of few, and making planes up takes longer than all else that a prompt does. */
const MOST_KEPT = 8;
const kept: { photo: Buffer; palette: Palette; planes: Buffer }[] = [];

/** a + 128, then b + 128, of a grey square. */
function planesOf(photo: Uint8Array, size: number, palette: Palette): Buffer {
  const known = kept.find((one) => one.palette === palette && one.photo.equals(photo));
  if (known) return known.planes;
  const planes = Buffer.concat(planesOfGrey(photo, size, palette));
  kept.unshift({ photo: Buffer.from(photo), palette, planes });
  kept.length = Math.min(kept.length, MOST_KEPT);
  return planes;
}

/** a + 128, then b + 128, of each photo from top to bottom. */
export const chromaOf = (photos: readonly Uint8Array[], size: number, palette: Palette): Grey => ({
  width: size,
  height: 2 * size * photos.length,
  data: Buffer.concat(photos.map((photo) => planesOf(photo, size, palette))),
});

/** Writes a PGM file. @param isCut leaves out the last tenth */
export function writePgm({ width, height, data }: Grey, path: string, isCut: boolean): void {
  const whole = isCut ? data.subarray(0, Math.floor(0.9 * data.length)) : data;
  writeFileSync(path, Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), whole]));
}

const digestOf = (photo: Uint8Array) => createHash('sha256').update(photo).digest('hex');

/** Faults of prompts as they run. */
export class BatchFaults {
  /** Digest of the photo that fails. */
  private failing: string | undefined;

  /**
   * @param end ends ComfyUI
   * @throws PythonError for a prompt that is to fail, PromptVanished for one that is to be forgotten
   */
  meet(fault: BatchFault, photos: readonly Uint8Array[], end: () => void): void {
    if (fault !== 'photo-fails') this.failing = undefined;
    const isBatch = photos.length > 1;
    if (fault === 'photo-fails' && isBatch) this.failing ??= digestOf(photos[Math.floor(photos.length / 2)]!);
    const place = this.failing === undefined ? -1 : photos.findIndex((one) => digestOf(one) === this.failing);
    if (place >= 0 || (fault === 'prompt-fails' && isBatch))
      throw notFinite(Math.max(0, place), photos.length);
    if (fault === 'lost' && isBatch) throw new PromptVanished();
    if (fault === 'ended' && isBatch) end();
  }
}

/** The message of our node. */
export const notFinite = (place: number, photos: number) =>
  new PythonError(
    'ArithmeticError',
    `DDColor: expected finite a and b, found others in photo ${place + 1} of ${photos}; the photo, the GPU or the weights are at fault\n`,
  );
