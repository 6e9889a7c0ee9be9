/**
 * The stand-in ComfyUI with the GPU and CPU time of a real one, as a process; its argument is a {@link ComfyuiLoad} as JSON.
 *
 * GPU time is slept; CPU time beyond that of the stand-in is spent in a busy loop, in slices between which HTTP is served, as by
 * Python's threads. Reports its busy and CPU seconds over IPC.
 */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { startStandIn } from '../../local/comfyui/server.ts';
import { ownCpuSeconds } from './process-usage.ts';
import { cpuSecondsOf, type ComfyuiLoad } from './comfyui-load.ts';

/** Python's switch interval. */
const SLICE_MS = 5;

const load = JSON.parse(process.argv[2]!) as ComfyuiLoad;

/** Totals of all prompts. */
const total = { prompts: 0, busySeconds: 0 };
let startedMs: number | undefined;
let cpuBefore = ownCpuSeconds();
let budget = 0;

const standIn = await startStandIn({
  port: 0,
  device: 'cpu',
  inferenceEnd: (_startedMs, photos) => sleep(1000 * load.gpuSeconds * photos),
  meter: {
    promptStarted: () => {
      startedMs = performance.now();
      budget = 0;
    },
    imageLoaded: (picture) => void (budget += cpuSecondsOf(load, picture)),
    promptFinished: async () => {
      while (ownCpuSeconds() - cpuBefore < budget) {
        const until = performance.now() + SLICE_MS;
        while (performance.now() < until);
        await turn();
      }
      // What is served until the next prompt ends is part of what that one costs, as in the measurement of a real one.
      cpuBefore = ownCpuSeconds();
      total.prompts++;
      total.busySeconds += (performance.now() - (startedMs ?? 0)) / 1000;
      startedMs = undefined;
    },
  },
});

process.on('message', () => {
  const running = startedMs === undefined ? 0 : (performance.now() - startedMs) / 1000;
  process.send?.({ ...total, busySeconds: total.busySeconds + running, cpuSeconds: ownCpuSeconds() });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: standIn.url });
