/** Compares the outcomes of all photos with the expected ones. */
import sharp from 'sharp';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { colourise } from '../../local/comfyui/colour.ts';
import type { Failure } from '../../contract/failure.ts';
import type { ChaosPhoto } from './photos.ts';
import { outcomeFolders, type StoredOutcome } from './outcomes.ts';
import { read } from './watermark.ts';

/** Counts of correct outcomes, and a sentence for each problem. */
export interface OutcomeCheck {
  succeeded: number;
  failed: number;
  /** Photos without an outcome. */
  lost: string[];
  /** Photos with both outcomes, or with the outcome of a superseded upload. */
  doubled: string[];
  /** Photos with a wrong outcome: another picture or size, no colour, the wrong kind. */
  wrong: string[];
  /** Outcomes that belong to no photo. */
  stray: string[];
}

const MODEL_SIZE = 512;
/** Levels; they are 2.8 at most, and 12.7 at least with the colours of another photo. */
const OWN_COLOURS = 6;

const isOutcome = (key: string) => outcomeFolders().some((folder) => key.startsWith(folder));

const KEY_OF = { result: resultKey, failure: failedKey };

/** @param outcomes objects by key */
export async function checkOutcomes(
  photos: Iterable<ChaosPhoto & { etag: string }>,
  outcomes: ReadonlyMap<string, StoredOutcome>,
): Promise<OutcomeCheck> {
  const check: OutcomeCheck = {
    ...{ succeeded: 0, failed: 0 },
    ...{ lost: [], doubled: [], wrong: [], stray: [] },
  };
  const left = new Set([...outcomes.keys()].filter(isOutcome));
  for (const photo of photos) {
    const of = (kind: keyof typeof KEY_OF) => {
      const key = KEY_OF[kind](photo.key);
      left.delete(key);
      return outcomes.get(key);
    };
    const [result, failure] = [of('result'), of('failure')];
    const outcome = result ?? failure;
    if (!outcome) check.lost.push(`'${photo.key}' has no outcome`);
    else if (result && failure) check.doubled.push(`'${photo.key}' has both outcomes`);
    else if (outcome.sourceEtag !== photo.etag)
      check.doubled.push(`'${photo.key}' has the outcome of a superseded upload`);
    else {
      const wrong = result ? await wrongResult(photo, result.body) : wrongFailure(photo, failure!.body);
      if (wrong) check.wrong.push(`'${photo.key}' ${wrong}`);
      else check[result ? 'succeeded' : 'failed']++;
    }
  }
  check.stray = [...left].map((key) => `'${key}' belongs to no photo`);
  return check;
}

/** @returns the problem of a result; undefined for a correct one */
async function wrongResult(photo: ChaosPhoto, body: Buffer): Promise<string | undefined> {
  const { picture, watermark } = photo;
  if (!picture) return 'has a result, although the file is broken';
  const decoded = await sharp(body, { failOn: 'error' })
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => error as Error);
  if (decoded instanceof Error) return `has a result that does not decode: ${decoded.message}`;
  const { data, info } = decoded;
  const { format } = await sharp(body).metadata();
  const got = `${format} of ${info.width} x ${info.height}`;
  const wanted = `${picture.format} of ${picture.width} x ${picture.height}`;
  if (got !== wanted) return `has a result in ${got} instead of ${wanted}`;
  const mark = read({ ...info, data });
  if (mark !== watermark) return `has the picture ${mark ?? '(illegible)'} instead of ${watermark}`;
  if (isGrey(data, info.channels)) return 'has a result without colour';
  const distance = await fromItsColours(photo, { ...info, data });
  return distance <= OWN_COLOURS
    ? undefined
    : `has the colours of another photo: ${distance.toFixed(1)} levels off`;
}

/** Mean levels between a result and what the stand-in ComfyUI makes of its photo, which scales colours more coarsely. */
async function fromItsColours(photo: ChaosPhoto, result: Decoded): Promise<number> {
  const { data, info } = await sharp(await photo.make())
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const wanted = await colourise({ width, height, data }, MODEL_SIZE);
  let sum = 0;
  for (let i = 0; i < width * height; i++)
    for (let k = 0; k < 3; k++)
      sum += Math.abs(result.data[i * result.channels + k]! - wanted.data[3 * i + k]!);
  return sum / (3 * width * height);
}

interface Decoded {
  data: Uint8Array;
  channels: number;
}

function isGrey(data: Uint8Array, channels: number): boolean {
  if (channels < 3) return true;
  for (let at = 0; at < data.length; at += channels)
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  return true;
}

function wrongFailure({ picture }: ChaosPhoto, body: Buffer): string | undefined {
  const { code, retryable, message } = JSON.parse(body.toString()) as Failure;
  if (picture) return `has failed with '${code}', although the file is intact: ${message}`;
  return retryable ? `has failed with '${code}', which is marked as retryable` : undefined;
}
