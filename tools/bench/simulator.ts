/** `npm run bench -- sim`: speed and memory of the simulator. */
import { performance } from 'node:perf_hooks';
import { measure } from '../../sim/measure.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { draws } from '../../sim/random.ts';
import { TRACE_SERVICE_SECONDS, worldOf } from '../../sim/world.ts';
import { simulate } from '../../sim/engine/simulate.ts';

const JOBS = 400_000;
const LENGTH = 14 * 86_400;
const LIMIT = { seconds: 2, megabytes: 300 };

/** A fortnight of days and nights, with a surge now and then; as many jobs as said, at most 40 instances. */
function fortnight(): Float64Array {
  const when = draws(1, 'arrivals');
  const kept = draws(2, 'arrivals');
  const arrivals = new Float64Array(JOBS);
  let job = 0;
  for (let k = 0; job < JOBS; k++) {
    const t = LENGTH * when(k);
    const daily = 0.5 - 0.45 * Math.cos((2 * Math.PI * t) / 86_400);
    const surge = Math.floor(t / 300) % 97 === 0 ? 4 : 1;
    if (kept(k) * 4 < daily * surge) arrivals[job++] = t;
  }
  return arrivals.sort();
}

export async function bench(): Promise<number> {
  const arrivals = fortnight();
  const world = worldOf('clean', { service: TRACE_SERVICE_SECONDS });
  console.log(`${JOBS} jobs over 14 days, clean world, tick ${world.tick} s`);
  let slo = 0;
  let alone = 0;
  // A fixed fleet measures the engine alone; the others are compared with it.
  for (const name of ['fixed:6', 'slo', 'threshold', 'keda', 'target-tracking-hr']) {
    const policy = policyOf(name, [], world);
    const seconds: number[] = [];
    let hours = 0;
    for (let k = 0; k < 3; k++) {
      const startedAt = performance.now();
      const run = await simulate({ arrivals, horizon: LENGTH, world, seed: 1, controller: policy.make() });
      hours = measure(run, world).gpuHours;
      seconds.push((performance.now() - startedAt) / 1000);
    }
    const median = seconds.sort((a, b) => a - b)[1] as number;
    if (name === 'slo') slo = median;
    alone ||= median;
    const rate = `${(JOBS / median / 1000).toFixed(0)} thousand jobs a second`;
    const ratio = `${(median / alone).toFixed(1)} x fixed`;
    console.log(
      `${name.padEnd(20)} ${median.toFixed(2)} s  ${ratio.padStart(12)}  ${rate.padStart(32)}  ${hours.toFixed(0)} GPU h`,
    );
  }
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.log(`${megabytes.toFixed(0)} MB at the most`);
  const failed: string[] = [];
  if (slo >= LIMIT.seconds) failed.push(`slo took ${slo.toFixed(2)} s: wanted less than ${LIMIT.seconds}`);
  if (megabytes >= LIMIT.megabytes)
    failed.push(`${megabytes.toFixed(0)} MB: wanted less than ${LIMIT.megabytes}`);
  for (const line of failed) console.error(line);
  return failed.length === 0 ? 0 : 1;
}
