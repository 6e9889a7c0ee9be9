/** The lifecycle of an instance in its group: states, hooks, and the activity that each of them ends. Pure, as the group. */
import { abandoned, CAUSES, DESCRIPTIONS, unhealthyOnTheWay, type Activities } from './activities.ts';
import {
  isTerminating,
  isWarm,
  TRANSITIONS,
  type Activity,
  type Effect,
  type Hook,
  type Instance,
  type LifecycleState,
} from './instance.ts';

/** States in which the processes of an instance are stopped. */
const STOPS = new Set<LifecycleState>([
  'Terminating:Proceed',
  'Warmed:Pending:Proceed',
  'Warmed:Terminating:Proceed',
]);

export class Lifecycle {
  readonly effects: Effect[] = [];
  hooks: Hook[] = [];

  constructor(private readonly log: Activities) {}

  /** Applies what is due by `now`. @param replaces an instance that is unhealthy */
  advance(instance: Instance, now: number, replaces: boolean): void {
    const isEnding = instance.lifecycleState.endsWith('Terminating:Proceed');
    if (!instance.started && now >= instance.bootedAt && !isEnding) {
      instance.started = true;
      this.effects.push({ kind: 'start', instance });
      if (instance.lifecycleState === 'Pending' || instance.lifecycleState === 'Warmed:Pending')
        this.enter(instance, 'autoscaling:EC2_INSTANCE_LAUNCHING', now);
    }
    if (instance.hook && now >= instance.hook.deadline) {
      const hook = this.hooks.find(({ name }) => name === instance.hook?.name);
      this.leaveHook(instance, hook?.defaultResult ?? 'ABANDON', now, true);
    }
    if (instance.lifecycleState === 'Pending:Proceed') this.putInService(instance, now);
    if (instance.healthStatus === 'Unhealthy' && !isTerminating(instance) && replaces) {
      this.end(instance, CAUSES.unhealthy(now), now);
    }
  }

  /** Moves the instance to the wait state of a transition's hook, or past it when there is no hook. */
  private enter(instance: Instance, transition: Hook['transition'], now: number): void {
    const hook = this.hooks.find((candidate) => candidate.transition === transition);
    const isLaunching = transition === 'autoscaling:EC2_INSTANCE_LAUNCHING';
    // On its way into the pool an instance meets the hook of its transition: of a launch, or of a scale-in.
    const target = isWarm(instance) ? 'Warmed:Pending' : isLaunching ? 'Pending' : 'Terminating';
    if (hook) {
      const heartbeatMs = hook.heartbeatSeconds * 1000;
      instance.hook = { name: hook.name, deadline: now + heartbeatMs, heartbeatMs };
      this.move(instance, `${target}:Wait`);
    } else if (target === 'Pending') this.putInService(instance, now);
    else this.move(instance, `${target}:Proceed`);
  }

  /** @param hasTimedOut as the activity then says */
  leaveHook(instance: Instance, result: 'CONTINUE' | 'ABANDON', now: number, hasTimedOut = false): void {
    instance.hook = undefined;
    if (instance.lifecycleState === 'Terminating:Wait') this.move(instance, 'Terminating:Proceed');
    else if (result === 'CONTINUE')
      this.move(instance, isWarm(instance) ? 'Warmed:Pending:Proceed' : 'Pending:Proceed');
    else {
      this.finish(instance, 'Cancelled', now, abandoned(instance.activityId, hasTimedOut));
      this.end(instance, CAUSES.abandoned(now), now);
    }
  }

  /** Puts an instance in service into the pool, by way of the termination hook. */
  park(instance: Instance, cause: string, now: number): void {
    instance.activityId = this.log.begin(DESCRIPTIONS.returned(instance.id), cause, now).id;
    delete instance.inServiceAt;
    this.move(instance, 'Warmed:Pending');
    this.enter(instance, 'autoscaling:EC2_INSTANCE_TERMINATING', now);
  }

  /** Its processes have exited: an instance of the pool is now stopped. @returns whether it is gone */
  stopped(instance: Instance, now: number): boolean {
    const staysWarm = instance.lifecycleState === 'Warmed:Pending:Proceed';
    if (staysWarm) {
      Object.assign(instance, { started: false, bootedAt: Infinity });
      this.move(instance, 'Warmed:Stopped');
    } else this.move(instance, isWarm(instance) ? 'Warmed:Terminated' : 'Terminated');
    this.finish(instance, 'Successful', now);
    return !staysWarm;
  }

  /** Starts a stopped instance of the pool. @param bootedAt when its processes start */
  resume(instance: Instance, cause: string, now: number, bootedAt: number): void {
    instance.activityId = this.log.begin(DESCRIPTIONS.fromPool(instance.id), cause, now).id;
    Object.assign(instance, { bootedAt, launchedAt: now });
    this.move(instance, 'Pending');
  }

  private putInService(instance: Instance, now: number): void {
    this.move(instance, 'InService');
    instance.inServiceAt = now;
    this.finish(instance, 'Successful', now);
  }

  /** Terminates it. @param alive false for one that has died */
  end(instance: Instance, cause: string, now: number, alive = true): void {
    instance.hook = undefined;
    const failsOnTheWay =
      instance.healthStatus === 'Unhealthy' && instance.lifecycleState.startsWith('Warmed:Pending');
    const message = failsOnTheWay ? unhealthyOnTheWay('Warmed:Stopped') : undefined;
    this.finish(instance, 'Cancelled', now, message);
    instance.activityId = this.log.begin(DESCRIPTIONS.end(instance.id), cause, now).id;
    // One that has died or is stopped completes no hook. AWS waits for the hook's timeout; the result is the same.
    if (isWarm(instance)) this.move(instance, 'Warmed:Terminating:Proceed');
    else if (alive) this.enter(instance, 'autoscaling:EC2_INSTANCE_TERMINATING', now);
    else this.move(instance, 'Terminating:Proceed');
  }

  /** @throws Error for a transition that AWS does not have */
  move(instance: Instance, state: LifecycleState): void {
    if (!TRANSITIONS[instance.lifecycleState].includes(state)) {
      throw new Error(`${instance.id} cannot go from ${instance.lifecycleState} to ${state}`);
    }
    instance.lifecycleState = state;
    if (state === 'Terminating:Wait') this.effects.push({ kind: 'leave', instance });
    if (STOPS.has(state)) this.effects.push({ kind: 'stop', instance });
  }

  /** Ends the activity that it is in. */
  finish(instance: Instance, code: Activity['statusCode'], now: number, message?: string): void {
    this.log.finish(instance.activityId, code, now, message);
  }
}
