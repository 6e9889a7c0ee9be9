/** The clock: what happens next, the world or a look of the rule. */
import { Engine } from './engine.ts';
import type { World } from '../world.ts';
import { TickSchedule } from './schedule.ts';
import type { Run, RunOptions } from './types.ts';

/** How long a run goes on beyond horizon and last arrival without any job completing: the rule has given up. */
const stalledSeconds = ({ boot, service, hookTimeout }: World) =>
  21_600 + 10 * (boot + service + hookTimeout);

/** Runs a trace under a rule until every job is done. */
export async function simulate(options: RunOptions): Promise<Run> {
  const { world, arrivals, controller, horizon } = options;
  const engine = new Engine(options);
  const ticks = new TickSchedule(controller, world, options.seed);
  const jobs = arrivals.length;
  const stalledAt = Math.max(horizon, arrivals.at(-1) ?? 0);
  let reported = 0;
  const scheduleSnapshot = () => {
    if (world.countLag > 0) engine.snapshotAt(Math.max(engine.now, ticks.next - world.countLag));
  };
  scheduleSnapshot();
  while (engine.completed < jobs) {
    const { next } = engine;
    if (next <= ticks.next) {
      engine.advance(next);
      continue;
    }
    if (ticks.next > Math.max(stalledAt, engine.lastCompletion) + stalledSeconds(world)) break;
    engine.now = ticks.next;
    await engine.tick();
    ticks.advance();
    scheduleSnapshot();
    if (options.progress && engine.now / stalledAt - reported > 0.01) {
      reported = engine.now / stalledAt;
      options.progress(Math.min(1, reported));
    }
  }
  const { fleet, starts, ends, completed, actions, refused, decisions, preparing } = engine;
  return {
    arrivals,
    starts,
    ends,
    completed,
    instances: fleet.instances,
    preparing,
    peak: fleet.peak,
    actions,
    refused,
    end: Math.max(horizon, engine.lastCompletion, completed < jobs ? engine.now : 0),
    decisions,
  };
}
