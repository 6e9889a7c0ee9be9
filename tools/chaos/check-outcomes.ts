/** What the product should find when everything is over, held against what it does find. */
import sharp from 'sharp';
import { failedKey, FAILED, INCOMING, RESULTS, resultKey } from '../../contract/keys.ts';
import type { Failure } from '../../contract/failure.ts';
import type { ChaosPhoto } from './photos.ts';
import { read } from './watermark.ts';

/** An object below `results/` or `failed/`. */
export interface StoredOutcome {
  /** Of the photo that it was made from, as it says. */
  sourceEtag: string | undefined;
  body: Buffer;
}

export interface OutcomeCheck {
  coloured: number;
  failed: number;
  /** Without any end; each list holds sentences. */
  lost: string[];
  /** With both ends, or with the end of an upload that was superseded. */
  doubled: string[];
  /** With an end that is not this photo's: another picture, another size, no colour, the wrong kind. */
  wrong: string[];
  /** Ends of nobody's. */
  stray: string[];
}

const KEY_OF = { result: resultKey, failure: failedKey };

/** @param ends by their keys */
export async function checkOutcomes(
  photos: Iterable<ChaosPhoto & { etag: string }>,
  ends: ReadonlyMap<string, StoredOutcome>,
): Promise<OutcomeCheck> {
  const verdict: OutcomeCheck = { coloured: 0, failed: 0, lost: [], doubled: [], wrong: [], stray: [] };
  const left = new Set([...ends.keys()].filter((key) => key.startsWith(RESULTS) || key.startsWith(FAILED)));
  for (const photo of photos) {
    const of = (kind: keyof typeof KEY_OF) => {
      const key = KEY_OF[kind](INCOMING + photo.key);
      left.delete(key);
      return ends.get(key);
    };
    const [result, failure] = [of('result'), of('failure')];
    const end = result ?? failure;
    if (!end) verdict.lost.push(`'${photo.key}' has no end`);
    else if (result && failure) verdict.doubled.push(`'${photo.key}' has both ends`);
    else if (end.sourceEtag !== photo.etag)
      verdict.doubled.push(`'${photo.key}' has the end of an upload before its last`);
    else {
      const wrong = result ? await wrongResult(photo, result.body) : wrongFailure(photo, failure!.body);
      if (wrong) verdict.wrong.push(`'${photo.key}' ${wrong}`);
      else if (result) verdict.coloured++;
      else verdict.failed++;
    }
  }
  verdict.stray = [...left].map((key) => `'${key}' belongs to no photo`);
  return verdict;
}

/** What is wrong with a result; undefined when nothing is. */
async function wrongResult({ picture, watermark }: ChaosPhoto, body: Buffer): Promise<string | undefined> {
  if (!picture) return 'was coloured, although it is broken';
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
  if (mark !== watermark) return `has the picture ${mark ?? '(not legible)'} instead of ${watermark}`;
  if (isGrey(data, info.channels)) return 'has a result without any colour';
  return undefined;
}

function isGrey(data: Uint8Array, channels: number): boolean {
  if (channels < 3) return true;
  for (let at = 0; at < data.length; at += channels)
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  return true;
}

function wrongFailure({ picture }: ChaosPhoto, body: Buffer): string | undefined {
  const { code, retryable, message } = JSON.parse(body.toString()) as Failure;
  if (picture) return `has failed with '${code}', although it is whole: ${message}`;
  return retryable ? `has failed with '${code}', which is said to be worth another try` : undefined;
}
