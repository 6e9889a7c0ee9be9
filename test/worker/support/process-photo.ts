/** `processPhoto` on a bucket in memory, with one photo key. */
import { failedKey, resultKey } from '../../../contract/keys.ts';
import type { Attempt, ColourPhoto } from '../../../worker/photo/pipeline.ts';
import { giveUp, processPhoto, type PhotoPorts } from '../../../worker/photo/process-photo.ts';
import { workflow } from './stand-in-comfyui.ts';
import { MemoryBucket, memoryLog, unlimited } from './memory.ts';

export const KEY = 'incoming/a.jpg';
export const [RESULT, FAILED] = [resultKey(KEY), failedKey(KEY)];

export const colours: ColourPhoto = async (photo) => ({
  body: Buffer.from(`coloured ${photo.toString()}`),
  contentType: 'image/jpeg',
});

export function setUp(colour: ColourPhoto = colours, more: Partial<PhotoPorts> = {}) {
  const bucket = new MemoryBucket();
  const log = memoryLog();
  let ms = 0;
  const settings = { maxMegapixels: 1, workflow };
  const figures = {};
  const ports: PhotoPorts = {
    bucket,
    settings,
    colour,
    ...unlimited(),
    log,
    now: () => (ms += 1000),
    ...more,
  };
  const jobOf = (etag: string | undefined) => ({ bucket: 'photos', key: KEY, etag, storedAtMs: 0 });
  const attempt: Attempt = { figures, started: async () => undefined };
  const process = (etag: string | undefined) => processPhoto(jobOf(etag), attempt, ports);
  const giveUpOn = (etag: string, received?: number) =>
    giveUp(jobOf(etag), attempt, { attempts: 5, ...(received !== undefined && { received }) }, ports);
  const record = () => {
    const stored = bucket.objects.get(FAILED);
    return stored && (JSON.parse(stored.body.toString()) as object);
  };
  /** Stores an outcome as an earlier delivery would have. */
  const store = (key: string, sourceEtag: string, content: string) =>
    bucket.put(key, { body: Buffer.from(content), contentType: 'x/y', sourceEtag, trace: '' }, undefined);
  const failure = (etag: string, code: string, retryable: boolean) =>
    JSON.stringify({ code, message: 'm', retryable, key: KEY, etag });
  return { bucket, log, figures, process, giveUpOn, record, store, failure };
}
