/** What the bound takes an instance for: the one lane that limits it. The other lanes, prompts and prefetching are relaxed. */
import { processSeconds } from '../engine/lanes.ts';
import { draws, logNormal } from '../random.ts';
import type { World } from '../world.ts';
import type { Piece } from './demand.ts';

export interface Lane {
  /** Jobs at a time. */
  slots: number;
  /** Mean seconds of a job. */
  service: number;
  /** Seconds of each job on the lane, and when they begin if nothing waits. */
  pieces: (job: number) => readonly Piece[];
}

/** Of the jobs that a world's instances work on. */
export function laneOf(world: World, seed: number): Lane {
  const { worker, slots, service, serviceSigma } = world;
  if (!worker) {
    const draw = draws(seed, 'service');
    const pieces = (job: number): Piece[] => [
      [0, serviceSigma === 0 ? service : logNormal(draw(job), service, serviceSigma)],
    ];
    return { slots, service, pieces };
  }
  const { processes, batch, gpuFirst, gpuEach, serviceSeconds } = worker;
  const seconds = processSeconds(worker, seed, serviceSigma);
  if (worker.bottleneck === 'processes') {
    const pieces = (job: number): Piece[] => {
      const { prepare, finish } = seconds(job);
      return [
        [0, prepare],
        [prepare + gpuFirst + gpuEach, finish],
      ];
    };
    return { slots: processes, service: processes * serviceSeconds, pieces };
  }
  // A photo's share of a full prompt, the last of the seconds that it has there alone: no schedule has done it sooner.
  const share = gpuFirst / batch + gpuEach;
  const pieces = (job: number): Piece[] => [[seconds(job).prepare + gpuFirst + gpuEach - share, share]];
  return { slots: 1, service: share, pieces };
}
