/**
 * What a photo costs the worker: CPU seconds beside those that sharp needs to decode the same file and to encode the same result, by
 * size and kind of file. Both sides in turn, the least of several rounds each.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { CostAnswer, CostTask } from './photo-cost-child.ts';
import type { Peaks } from './process-usage.ts';
import { scan } from './scans.ts';
import { tableLines } from './table.ts';
import type { ScanKind } from './worker-options.ts';

export const COST_MEGAPIXELS = [1, 3, 12, 24, 100];

export interface PhotoCost {
  megapixels: number;
  kind: ScanKind;
  /** Of the worker and its image process. */
  cpuSeconds: number;
  /** Of sharp, to decode the file and to encode the result. */
  floorSeconds: number;
  /** Bytes of the photo's file. */
  bytes: number;
  /** Most resident memory: the worker's process, and its image process. */
  peakMegabytes: { worker: number; imageProcess: number | undefined };
}

/** A round has about this many megapixels, so that clocks of 10 ms are fine enough and a round is short. */
const ROUND_MEGAPIXELS = 20;
/** Photos of these many megapixels take so long that one round has to do. */
const ONE_ROUND_FROM = 50;
const ROUNDS = 3;
const WARM_UPS = 3;

/** One side as a process. */
class CostProcess {
  private constructor(private readonly child: ChildProcess) {}

  static async start(folder: string, task: CostTask): Promise<CostProcess> {
    const process = new CostProcess(fork(join(folder, 'photo-cost.mjs')));
    await process.ask(task);
    return process;
  }

  take = (times: number): Promise<CostAnswer> => this.ask({ do: 'take', times });

  private async ask(task: CostTask): Promise<CostAnswer> {
    const ended = once(this.child, 'exit').then(([code]) => {
      throw new Error(`a measured process exited early with ${String(code)}`);
    });
    ended.catch(() => undefined);
    this.child.send(task);
    const [answer] = (await Promise.race([once(this.child, 'message'), ended])) as [CostAnswer];
    return answer;
  }

  close(): void {
    this.child.kill();
  }
}

/** Smooth a and b, as a network gives them. */
async function savedPicture({ workflow }: WorkerSettings): Promise<Buffer> {
  const size = workflow.chroma?.size ?? 512;
  const data = Buffer.alloc(3 * size * size, 128);
  for (let y = 0, p = 0; y < size; y++) {
    for (let x = 0; x < size; x++, p += 3) {
      data[p] = Math.round(136 + 14 * Math.sin(x / 31 + 2 * Math.sin(y / 47)));
      data[p + 1] = Math.round(142 + 20 * Math.cos(y / 37 + 2 * Math.cos(x / 53)));
    }
  }
  return sharp(data, { raw: { width: size, height: size, channels: 3 } })
    .png({ compressionLevel: 4 })
    .toBuffer();
}

export interface CostRun {
  /** Folder of the bundles, which photos are written to. */
  folder: string;
  settings: WorkerSettings;
  megapixels: readonly number[];
  kinds: readonly ScanKind[];
  say: (line: string) => void;
}

export async function measurePhotoCosts({
  folder,
  settings,
  megapixels,
  kinds,
  say,
}: CostRun): Promise<PhotoCost[]> {
  const saved = join(folder, 'saved');
  writeFileSync(saved, await savedPicture(settings));
  const costs: PhotoCost[] = [];
  for (const size of megapixels) {
    for (const kind of kinds) {
      const photo = join(folder, `photo-${kind}`);
      const file = await scan(kind, 0, size);
      writeFileSync(photo, file);
      const cost = await measureOne(folder, settings, { photo, saved, result: `${photo}-result` }, size);
      costs.push({ megapixels: size, kind, ...cost, bytes: file.length });
      const ratio = (cost.cpuSeconds / cost.floorSeconds).toFixed(2);
      say(`${kind} of ${size} megapixels: ${cost.cpuSeconds.toFixed(3)} CPU s, ${ratio} times the codec's`);
    }
  }
  return costs;
}

async function measureOne(
  folder: string,
  { maxMegapixels, path, workflow }: WorkerSettings,
  files: { photo: string; saved: string; result: string },
  megapixels: number,
): Promise<Pick<PhotoCost, 'cpuSeconds' | 'floorSeconds' | 'peakMegabytes'>> {
  const isLarge = megapixels >= ONE_ROUND_FROM;
  const times = Math.max(1, Math.round(ROUND_MEGAPIXELS / megapixels));
  const started: CostProcess[] = [];
  const start = async (task: CostTask) => {
    const one = await CostProcess.start(folder, task);
    started.push(one);
    return one;
  };
  try {
    const settings = { maxMegapixels, path, workflow };
    const worker = await start({ do: 'worker', settings, ...files, warmUps: isLarge ? 0 : WARM_UPS });
    const [own, floor]: [number[], number[]] = [[], []];
    let peaks: Peaks | undefined;
    const takeWorker = async () => {
      const answer = await worker.take(times);
      own.push(answer.cpuSeconds);
      ({ peaks } = answer);
    };
    await takeWorker();
    // It encodes the worker's result.
    const codec = await start({ do: 'floor', photo: files.photo, result: files.result });
    floor.push((await codec.take(times)).cpuSeconds);
    for (let round = 1; round < (isLarge ? 1 : ROUNDS); round++) {
      await takeWorker();
      floor.push((await codec.take(times)).cpuSeconds);
    }
    return {
      cpuSeconds: Math.min(...own),
      floorSeconds: Math.min(...floor),
      peakMegabytes: { worker: peaks!.own, imageProcess: peaks!.child },
    };
  } finally {
    for (const one of started) one.close();
  }
}

export function costLines(costs: PhotoCost[]): string[] {
  const head = ['photo', 'MP', 'MB', 'CPU s', 'codec alone', 'ratio', 'MB worker', 'MB image process'];
  const rows = costs.map(({ kind, megapixels, bytes, cpuSeconds, floorSeconds, peakMegabytes }) => [
    kind,
    String(megapixels),
    (bytes / 1e6).toFixed(1),
    cpuSeconds.toFixed(3),
    floorSeconds.toFixed(3),
    (cpuSeconds / floorSeconds).toFixed(2),
    peakMegabytes.worker.toFixed(0),
    peakMegabytes.imageProcess?.toFixed(0) ?? '-',
  ]);
  return [
    '',
    'CPU seconds a photo, beside sharp decoding the same file and encoding the same result:',
    '',
    ...tableLines(head, rows),
  ];
}
