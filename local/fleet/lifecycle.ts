/** The lifecycle of an instance in its group: states, hooks, and the activity that each of them ends. Pure, as the group. */
import { abandoned, CAUSES, type Activities } from './activities.ts';
import {
  isTerminating,
  TRANSITIONS,
  type Activity,
  type Effect,
  type Hook,
  type Instance,
  type LifecycleState,
} from './instance.ts';

export class Lifecycle {
  readonly effects: Effect[] = [];
  hooks: Hook[] = [];

  constructor(private readonly log: Activities) {}

  /** Applies what is due by `now`. @param replaces an instance that is unhealthy */
  advance(instance: Instance, now: number, replaces: boolean): void {
    if (!instance.started && now >= instance.bootedAt && instance.lifecycleState !== 'Terminating:Proceed') {
      instance.started = true;
      this.effects.push({ kind: 'start', instance });
      if (instance.lifecycleState === 'Pending')
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
    const launching = transition === 'autoscaling:EC2_INSTANCE_LAUNCHING';
    if (hook) {
      const heartbeatMs = hook.heartbeatSeconds * 1000;
      instance.hook = { name: hook.name, deadline: now + heartbeatMs, heartbeatMs };
      this.move(instance, launching ? 'Pending:Wait' : 'Terminating:Wait');
    } else if (launching) this.putInService(instance, now);
    else this.move(instance, 'Terminating:Proceed');
  }

  /** @param hasTimedOut as the activity then says */
  leaveHook(instance: Instance, result: 'CONTINUE' | 'ABANDON', now: number, hasTimedOut = false): void {
    instance.hook = undefined;
    if (instance.lifecycleState === 'Terminating:Wait') this.move(instance, 'Terminating:Proceed');
    else if (result === 'CONTINUE') this.move(instance, 'Pending:Proceed');
    else {
      this.finish(instance, 'Cancelled', now, abandoned(instance.activityId, hasTimedOut));
      this.end(instance, CAUSES.abandoned(now), now);
    }
  }

  private putInService(instance: Instance, now: number): void {
    this.move(instance, 'InService');
    instance.inServiceAt = now;
    this.finish(instance, 'Successful', now);
  }

  /** Terminates it. @param alive false for one that has died */
  end(instance: Instance, cause: string, now: number, alive = true): void {
    instance.hook = undefined;
    this.finish(instance, 'Cancelled', now);
    instance.activityId = this.log.begin(`Terminating EC2 instance: ${instance.id}`, cause, now).id;
    // An instance that has died completes no hook. AWS waits for the hook's timeout; the result is the same.
    if (alive) this.enter(instance, 'autoscaling:EC2_INSTANCE_TERMINATING', now);
    else this.move(instance, 'Terminating:Proceed');
  }

  /** @throws Error for a transition that AWS does not have */
  move(instance: Instance, state: LifecycleState): void {
    if (!TRANSITIONS[instance.lifecycleState].includes(state)) {
      throw new Error(`${instance.id} cannot go from ${instance.lifecycleState} to ${state}`);
    }
    instance.lifecycleState = state;
    if (state === 'Terminating:Wait') this.effects.push({ kind: 'leave', instance });
    if (state === 'Terminating:Proceed') this.effects.push({ kind: 'stop', instance });
  }

  /** Ends the activity that it is in. */
  finish(instance: Instance, code: Activity['statusCode'], now: number, message?: string): void {
    this.log.finish(instance.activityId, code, now, message);
  }
}
