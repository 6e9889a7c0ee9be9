/**
 * The stand-in ComfyUI with the GPU and CPU time of a real one, as a process: `GPU_SECONDS CPU_SECONDS_PER_MEGAPIXEL`.
 *
 * GPU time is slept; CPU time beyond that of the stand-in is spent in a busy loop, in slices between which HTTP is served, as by
 * Python's threads. Reports its busy and CPU seconds over IPC.
 */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { startStandIn } from '../../local/comfyui/server.ts';

/** Python's switch interval. */
const SLICE_MS = 5;

const [gpuSeconds = 0, cpuSecondsPerMegapixel = 0] = process.argv.slice(2).map(Number);

/** CPU seconds of this process so far. */
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Totals of all prompts. */
const total = { prompts: 0, busySeconds: 0 };
let startedMs: number | undefined;
let cpuBefore = 0;
let megapixels = 0;

const standIn = await startStandIn({
  port: 0,
  device: 'cpu',
  inferenceEnd: (_startedMs, photos) => sleep(1000 * gpuSeconds * photos),
  meter: {
    promptStarted: () => {
      startedMs = performance.now();
      cpuBefore = cpu();
      megapixels = 0;
    },
    imageLoaded: ({ width, height }) => void (megapixels += (width * height) / 1e6),
    promptFinished: async () => {
      const budget = cpuSecondsPerMegapixel * megapixels;
      while (cpu() - cpuBefore < budget) {
        const until = performance.now() + SLICE_MS;
        while (performance.now() < until);
        await turn();
      }
      total.prompts++;
      total.busySeconds += (performance.now() - (startedMs ?? 0)) / 1000;
      startedMs = undefined;
    },
  },
});

process.on('message', () => {
  const running = startedMs === undefined ? 0 : (performance.now() - startedMs) / 1000;
  process.send?.({ ...total, busySeconds: total.busySeconds + running, cpuSeconds: cpu() });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: standIn.url });
