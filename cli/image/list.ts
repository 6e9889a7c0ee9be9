/** Lists images with their contents and the stages that use them. */
import { EXIT } from '../../common/errors.ts';
import { sorted, type Image, type ImageUse } from './images.ts';
import { type ImageSession } from './session.ts';
import { jsonText } from '../../common/terminal.ts';

export interface ListedImage extends Image {
  /** Such as `prod current`. */
  usedAs: string[];
  deprecated: boolean;
}

export function listed(images: Image[], uses: ImageUse[], now: Date): ListedImage[] {
  return sorted(images).map((image) => ({
    ...image,
    usedAs: uses
      .filter(({ imageId }) => imageId === image.id)
      .map(({ stage, role }) => `${stage} ${role}`)
      .sort(),
    deprecated: image.deprecatedAt !== undefined && new Date(image.deprecatedAt) <= now,
  }));
}

const HEADS = ['image', 'created', 'revision', 'comfyui', 'ddcolor', 'weights', 'GiB', 'used as', ''];
/** Shortens a commit or a checksum. */
const short = (text = '-') =>
  /^[0-9a-f]{20,}/.test(text) ? text.replace(/^([0-9a-f]{12})[0-9a-f]*/, '$1') : text;

/** A table as lines of text. */
export function table(images: ListedImage[]): string[] {
  if (images.length === 0) return ['There is no image of this service in this account and region.'];
  const rows = images.map(
    ({ id, createdAt, state, revision, comfyui, ddcolor, weights, sizeGib, usedAs, deprecated }) => [
      id,
      createdAt.slice(0, 16).replace('T', ' '),
      ...[revision, comfyui, ddcolor, weights].map((text) => short(text)),
      String(sizeGib ?? '-'),
      usedAs.join(', ') || '-',
      [state === 'available' ? '' : state, deprecated ? 'deprecated' : ''].filter(Boolean).join(', '),
    ],
  );
  const widths = HEADS.map((head, k) => Math.max(head.length, ...rows.map((row) => (row[k] ?? '').length)));
  return [HEADS, ...rows].map((row) =>
    row
      .map((cell, k) => cell.padEnd(widths[k] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Lines about parameters that name an image that does not exist. */
export const missing = (images: Image[], uses: ImageUse[]): string[] =>
  uses
    .filter(({ imageId }) => !images.some(({ id }) => id === imageId))
    .map(({ stage, role, imageId }) => `${stage} ${role} is ${imageId}, which is no image of this service.`);

export async function list({ options, images, parameters, progress }: ImageSession): Promise<number> {
  const [all, uses] = await Promise.all([images.all(), parameters.uses()]);
  const found = listed(all, uses, new Date());
  const lines = options.json ? jsonText(found, 2).split('\n') : [...table(found), ...missing(all, uses)];
  for (const line of lines) progress.print(line);
  return EXIT.done;
}
