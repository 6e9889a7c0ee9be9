/** How fast a worker is: photos a second while photos wait, its processor seconds, and what ComfyUI did meanwhile. */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { MeasuredComfyui, Usage } from './measured-comfyui.ts';
import type { PassedPhoto } from './timeline.ts';
import type { WorkerTask, WorkerMessage } from './worker-child.ts';

export interface WorkerRate {
  /** Photos a second, from the end of one of the first to the last one's before none waited, or to the last one's. */
  rate: number;
  /** Share of that time in which ComfyUI had nothing to do. */
  idle: number;
  /** Processor seconds of the worker for a photo. */
  cpuSeconds: number;
  /** The same of ComfyUI; undefined where it cannot be known. */
  comfyuiCpuSeconds: number | undefined;
  /** Photos as they ended. */
  passed: PassedPhoto[];
}

export interface WorkerRun {
  /** With the bundles. */
  folder: string;
  comfyui: MeasuredComfyui;
  settings: WorkerSettings;
  photos: Buffer[];
  count: number;
}

/** Megapixels in memory at a time. */
const MEGAPIXELS = 400;
/** The first ones fill the pipeline. */
const LEFT_OUT = 0.1;

interface Moment {
  atMs: number;
  ended: number;
  usage: Usage;
}

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
    child.once('exit', (code) => reject(new Error(`the worker ended early, with ${code}`)));
    child.on('message', (told: WorkerMessage) => {
      if (told.what === 'ended') {
        if (told.outcome !== 'succeeded') return reject(new Error(`a photo was ${told.outcome}`));
        passed.push(told);
        if (passed.length === leftOut) from = moment();
      } else if (told.what === 'queue-empty') to = moment();
      else if (told.what === 'drained') {
        last = moment();
        resolve(told.cpuSeconds);
      }
    });
    const order: WorkerTask = {
      comfyui: comfyui.url,
      settings,
      threads: Math.max(2, availableParallelism() - 1),
      megapixels: MEGAPIXELS,
      photos: photos.map((photo) => photo.toString('base64')),
      count,
    };
    child.send(order);
  }).finally(() => child.kill());
  const start = await from;
  const empty = await to;
  const end = empty && start && empty.ended - start.ended >= count / 2 ? empty : await last;
  if (!start || !end || end.ended <= start.ended) throw new Error(`${count} photos are too few to measure`);
  const wall = (end.atMs - start.atMs) / 1000;
  const photosDone = end.ended - start.ended;
  // From an end to an end: up to the moment at which none waited, a part of a photo would be lost.
  const between = (passed[end.ended - 1]!.endedMs - passed[start.ended - 1]!.endedMs) / 1000;
  const cpu = (usage: Usage) => usage.cpuSeconds ?? NaN;
  const comfyuiCpu = (cpu(end.usage) - cpu(start.usage)) / photosDone;
  return {
    rate: photosDone / between,
    idle: Math.max(0, 1 - (end.usage.busySeconds - start.usage.busySeconds) / wall),
    cpuSeconds: cpuSeconds / count,
    comfyuiCpuSeconds: Number.isNaN(comfyuiCpu) ? undefined : comfyuiCpu,
    passed,
  };
}
