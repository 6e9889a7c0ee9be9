/** Measures a worker: photos/s while photos wait, CPU seconds per photo, idle time of ComfyUI. */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { MeasuredComfyui, Usage } from './measured-comfyui.ts';
import type { PassedPhoto } from './timeline.ts';
import type { WorkerTask, WorkerMessage } from './worker-child.ts';

export interface WorkerRate {
  /** Photos/s after the first 10 % of the photos, until the queue was empty or until the last photo. */
  rate: number;
  /** Share of that time in which ComfyUI was idle. */
  idle: number;
  /** CPU seconds of the worker per photo. */
  cpuSeconds: number;
  /** CPU seconds of ComfyUI per photo; undefined for a real ComfyUI. */
  comfyuiCpuSeconds: number | undefined;
  /** Mean number of photos that shared a prompt. */
  photosPerPrompt: number;
  /** Finished photos in order. */
  passed: PassedPhoto[];
}

export interface WorkerRun {
  /** Folder of the bundles. */
  folder: string;
  comfyui: MeasuredComfyui;
  settings: WorkerSettings;
  photos: Buffer[];
  count: number;
}

/** Limit of megapixels in memory. */
const MEGAPIXELS = 400;
/** Share of the photos that fill the pipeline and are left out. */
const LEFT_OUT = 0.1;

interface Moment {
  atMs: number;
  ended: number;
  usage: Usage;
}

/** Each of a prompt's photos has its share of it. */
const meanBatch = (photos: PassedPhoto[]) =>
  photos.length / photos.reduce((sum, { figures }) => sum + 1 / (figures.batchPhotos ?? 1), 0);

export async function measureWorker({
  folder,
  comfyui,
  settings,
  photos,
  count,
}: WorkerRun): Promise<WorkerRate> {
  const child = fork(join(folder, 'worker.mjs'));
  const leftOut = Math.max(1, Math.round(LEFT_OUT * count));
  const passed: PassedPhoto[] = [];
  let from: Promise<Moment> | undefined;
  let to: Promise<Moment> | undefined;
  let last: Promise<Moment> | undefined;
  const moment = async (): Promise<Moment> => {
    const [atMs, done] = [performance.now(), passed.length];
    return { atMs, ended: done, usage: await comfyui.usage() };
  };
  const cpuSeconds = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the worker exited early with ${code}`)));
    child.on('message', (message: WorkerMessage) => {
      if (message.what === 'ended') {
        if (message.outcome !== 'succeeded')
          return reject(new Error(`a photo has the outcome ${message.outcome}`));
        passed.push(message);
        if (passed.length === leftOut) from = moment();
      } else if (message.what === 'queue-empty') to = moment();
      else if (message.what === 'drained') {
        last = moment();
        resolve(message.cpuSeconds);
      }
    });
    const task: WorkerTask = {
      comfyui: comfyui.url,
      settings,
      threads: Math.max(2, availableParallelism() - 1),
      megapixels: MEGAPIXELS,
      photos: photos.map((photo) => photo.toString('base64')),
      count,
    };
    child.send(task);
  }).finally(() => child.kill());
  const start = await from;
  const empty = await to;
  const end = empty && start && empty.ended - start.ended >= count / 2 ? empty : await last;
  if (!start || !end || end.ended <= start.ended) throw new Error(`${count} photos are too few to measure`);
  const wall = (end.atMs - start.atMs) / 1000;
  const photosDone = end.ended - start.ended;
  // Between two finished photos; until the queue was empty would leave out a part of a photo.
  const between = (passed[end.ended - 1]!.endedMs - passed[start.ended - 1]!.endedMs) / 1000;
  const cpu = (usage: Usage) => usage.cpuSeconds ?? NaN;
  const comfyuiCpu = (cpu(end.usage) - cpu(start.usage)) / photosDone;
  return {
    rate: photosDone / between,
    idle: Math.max(0, 1 - (end.usage.busySeconds - start.usage.busySeconds) / wall),
    cpuSeconds: cpuSeconds / count,
    comfyuiCpuSeconds: Number.isNaN(comfyuiCpu) ? undefined : comfyuiCpu,
    photosPerPrompt: meanBatch(passed),
    passed,
  };
}
