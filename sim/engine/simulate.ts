/** The clock of a run: advances to the next event or the next tick of the policy. */
import { Engine } from './engine.ts';
import type { World } from '../world.ts';
import { TickSchedule } from './schedule.ts';
import type { Run, RunOptions } from './types.ts';

/** Launches in a row, at least, after which a run may count as stalled: where boots fail by chance, all of them fail once in a million. */
const launchesBeforeStall = ({ bootFailure }: World) =>
  Math.max(10, Math.ceil(Math.log(1e-6) / Math.log(bootFailure)));

/** Seconds without a completion, after the horizon and the last arrival, until a run counts as stalled. */
const stalledSeconds = (world: World) =>
  21_600 + launchesBeforeStall(world) * (world.boot + world.service + world.hookTimeout);

/** Runs a trace under a policy until every job is completed or the run stalls. */
export async function simulate(options: RunOptions): Promise<Run> {
  const { world, arrivals, controller, horizon } = options;
  const engine = new Engine(options);
  const ticks = new TickSchedule(controller, world, options.seed);
  const { bulkArrivals } = options;
  const jobs = arrivals.length + (bulkArrivals?.length ?? 0);
  const stalledAt = Math.max(horizon, arrivals.at(-1) ?? 0, bulkArrivals?.at(-1) ?? 0);
  let reported = 0;
  const scheduleSnapshot = () => {
    if (world.countLag > 0) engine.snapshotAt(Math.max(engine.now, ticks.next - world.countLag));
  };
  scheduleSnapshot();
  // A fleet without a minimum goes on to its sleep: it would otherwise be billed up to the horizon.
  const isAwake = () => world.min === 0 && engine.groups.desired > 0 && ticks.next < horizon;
  while (engine.completed < jobs || isAwake()) {
    const { next } = engine;
    if (next <= ticks.next) {
      engine.advance(next);
      if (controller.wakes && engine.arrivedAtZero) ticks.wakeAt(next + world.wakeDelay);
      continue;
    }
    if (ticks.next > Math.max(stalledAt, engine.lastCompletion) + stalledSeconds(world)) break;
    engine.now = ticks.next;
    if (ticks.isPoll) {
      ticks.afterPoll((await controller.poll?.(engine.now)) ?? false);
      scheduleSnapshot();
      continue;
    }
    await engine.tick(ticks.woken);
    ticks.advance();
    scheduleSnapshot();
    if (options.progress && engine.now / stalledAt - reported > 0.01) {
      reported = engine.now / stalledAt;
      options.progress(Math.min(1, reported));
    }
  }
  const { fleet, groups, starts, ends, completed, decisions } = engine;
  const end = Math.max(horizon, engine.lastCompletion, completed < jobs ? engine.now : 0);
  const [interactive, bulk] = [starts.subarray(0, arrivals.length), starts.subarray(arrivals.length)];
  const bulkCompleted = bulk.filter((at) => !Number.isNaN(at)).length;
  return {
    arrivals,
    starts: interactive,
    ends: ends.subarray(0, arrivals.length),
    completed: completed - bulkCompleted,
    ...(bulkArrivals && {
      bulk: {
        ...{ arrivals: bulkArrivals, starts: bulk, completed: bulkCompleted },
        ends: ends.subarray(arrivals.length),
      },
    }),
    instances: fleet.instances,
    preparing: groups.preparing,
    stoppedSeconds: groups.stoppedSeconds(end),
    peak: fleet.peak,
    actions: groups.actions,
    refused: groups.refused,
    end,
    decisions,
  };
}
