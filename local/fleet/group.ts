/**
 * An Auto Scaling group: limits, desired capacity, instances with their lifecycle, hooks and activities.
 *
 * Pure: every call gets the time and appends the actions to carry out to `effects`; the caller calls `advance` at
 * `nextDeadline`.
 *
 * As on AWS: desired counts pending and in-service instances, not terminating ones; scale-in may terminate a busy instance;
 * a failed launch is retried, and the desired capacity stays.
 */
import { Activities, CAUSES } from './activities.ts';
import { ApiError } from './query.ts';
import {
  isTerminating,
  newInstance,
  random,
  type Activity,
  type Effect,
  type GroupSettings,
  type Hook,
  type Instance,
} from './instance.ts';
import { Lifecycle } from './lifecycle.ts';
import { Refusals } from './refusals.ts';
import { instanceToTerminate, zoneForLaunch } from './placement.ts';
import { Refreshes, type InstanceRefresh, type RefreshPreferences } from './refresh.ts';

const invalid = (message: string) => new ApiError('ValidationError', message);
/** Of an instance that is replaced whatever its launch template was. */
const OUTDATED = 'outdated';

export class Group {
  private readonly log = new Activities();
  private readonly life = new Lifecycle(this.log);
  readonly effects: Effect[] = this.life.effects;
  readonly suspended = new Set<string>();
  readonly refreshes = new Refreshes();
  /** Of the launch template. */
  version = '';
  instances: Instance[] = [];
  desired: number;
  private readonly random: () => number;
  private cause = '';
  private readonly refusals = new Refusals();

  constructor(readonly settings: GroupSettings) {
    this.random = random(settings.seed);
    this.desired = settings.min;
  }

  get hooks(): Hook[] {
    return this.life.hooks;
  }

  set hooks(hooks: Hook[]) {
    this.life.hooks = hooks;
  }

  /** Newest first. */
  get activities(): Activity[] {
    return this.log.all;
  }

  /** @throws ApiError when `desired` is outside of the limits */
  setDesired(desired: number, now: number): void {
    const { min, max } = this.settings;
    const beyond =
      desired > max ? `above max value ${max}` : desired < min ? `below min value ${min}` : undefined;
    if (beyond !== undefined)
      throw invalid(`New SetDesiredCapacity value ${desired} is ${beyond} for the AutoScalingGroup.`);
    this.changeDesired(desired, now, 'a user request explicitly set group desired capacity');
  }

  /** Sets the limits, and moves the desired capacity into them. */
  setLimits(min: number, max: number, now: number): void {
    if (min > max) throw invalid(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
    Object.assign(this.settings, { min, max });
    const within = Math.min(max, Math.max(min, this.desired));
    this.changeDesired(within, now, 'a user request update of AutoScalingGroup constraints');
  }

  private changeDesired(desired: number, now: number, request: string): void {
    if (desired !== this.desired) {
      this.cause = CAUSES.desired(now, request, this.desired, desired);
      this.desired = desired;
    }
    this.advance(now);
  }

  /** Completes a lifecycle action. @throws ApiError when the instance does not wait at this hook */
  complete(hookName: string, instanceId: string, result: 'CONTINUE' | 'ABANDON', now: number): void {
    const instance = this.waitingAt(hookName, instanceId);
    this.life.leaveHook(instance, result, now);
    this.advance(now);
  }

  /** Restarts the hook's timeout. @throws ApiError when the instance does not wait at this hook */
  heartbeat(hookName: string, instanceId: string, now: number): void {
    const { hook } = this.waitingAt(hookName, instanceId);
    if (hook) hook.deadline = now + hook.heartbeatMs;
  }

  private waitingAt(hookName: string, instanceId: string): Instance {
    const instance = this.instances.find(({ id, hook }) => id === instanceId && hook?.name === hookName);
    if (instance) return instance;
    throw invalid(`No active Lifecycle Action found with instance ID ${instanceId}`);
  }

  /** Terminates one instance. @throws ApiError when the group would fall below its minimum */
  terminate(instanceId: string, decrement: boolean, now: number): Activity {
    const instance = this.find(instanceId);
    if (decrement && this.desired - 1 < this.settings.min) {
      throw invalid(
        "Currently, desiredSize equals minSize. Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
      );
    }
    if (decrement) this.desired -= 1;
    if (!isTerminating(instance)) {
      const shrinking = decrement
        ? `, shrinking the capacity from ${this.desired + 1} to ${this.desired}`
        : '';
      this.life.end(instance, CAUSES.request(now, instance.id, shrinking), now);
    }
    const activity = this.activities.find(({ id }) => id === instance.activityId);
    this.advance(now);
    if (!activity) throw new ApiError('InternalFailure', `no activity for ${instanceId}`);
    return activity;
  }

  /** Records that an instance has stopped running: it completes no hook and is replaced. */
  died(instanceId: string, now: number): void {
    const instance = this.instances.find(({ id }) => id === instanceId);
    if (!instance) return;
    instance.healthStatus = 'Unhealthy';
    instance.hook = undefined;
    if (!isTerminating(instance)) this.life.end(instance, CAUSES.unhealthy(now), now, false);
    else if (instance.lifecycleState === 'Terminating:Wait') this.life.move(instance, 'Terminating:Proceed');
    this.advance(now);
  }

  setHealth(instanceId: string, healthStatus: Instance['healthStatus'], now: number): void {
    this.find(instanceId).healthStatus = healthStatus;
    this.advance(now);
  }

  /** Records that the processes of an instance have exited. */
  stopped(instanceId: string, now: number): void {
    const instance = this.instances.find(({ id }) => id === instanceId);
    if (!instance) return;
    this.life.move(instance, 'Terminated');
    this.instances = this.instances.filter((other) => other !== instance);
    this.life.finish(instance, 'Successful', now);
    this.advance(now);
  }

  /** Makes launches fail with a message, as without capacity; undefined lets them succeed again. */
  failLaunches(message: string | undefined, now: number): void {
    this.refusals.set(message);
    this.advance(now);
  }

  find(instanceId: string): Instance {
    const found = this.instances.find(({ id }) => id === instanceId);
    if (found) return found;
    throw invalid(`Instance Id not found - No managed instance found for instance ID ${instanceId}`);
  }

  /** Applies everything that is due by `now`. */
  advance(now: number): void {
    const replaces = !this.suspended.has('ReplaceUnhealthy') && !this.suspended.has('HealthCheck');
    for (const instance of [...this.instances]) this.life.advance(instance, now, replaces);
    this.reconcile(now);
  }

  /** Time of the next call of `advance`; Infinity when nothing is due. */
  nextDeadline(): number {
    const deadlines = this.instances.flatMap(({ bootedAt, started, hook }) => [
      started ? Infinity : bootedAt,
      hook?.deadline ?? Infinity,
    ]);
    const lacking = this.alive().length < this.desired && !this.suspended.has('Launch');
    return Math.min(Infinity, ...deadlines, lacking ? this.refusals.retryAt : Infinity);
  }

  private alive = () => this.instances.filter((one) => !isTerminating(one));

  /**
   * Replaces the instances of an older launch template.
   *
   * @param all replaces those of the present one too
   * @throws ApiError while another refresh is in progress
   */
  refresh(preferences: RefreshPreferences, now: number, all = false): InstanceRefresh {
    if (all && !this.refreshes.current) for (const one of this.instances) one.version = OUTDATED;
    const old = this.alive().filter(({ version }) => version !== this.version);
    const refresh = this.refreshes.start(preferences, old.length, now);
    this.advance(now);
    return refresh;
  }

  private reconcile(now: number): void {
    const { most, launches, ends } = this.refreshes.step(this.instances, this.desired, this.version, now);
    if (!this.suspended.has('Terminate')) {
      for (const instance of ends) this.life.end(instance, CAUSES.refresh(now, instance.id), now);
      this.scaleIn(most, now);
    }
    const lacking = Math.max(this.desired - this.alive().length, launches);
    if (lacking <= 0 || this.suspended.has('Launch') || now < this.refusals.retryAt) return;
    const cause = this.cause + CAUSES.launch(now, this.alive().length, this.desired);
    const statusMessage = this.refusals.refuse(now);
    if (statusMessage !== undefined) {
      const activity = this.log.begin('Launching a new EC2 instance', cause, now);
      Object.assign(activity, { statusCode: 'Failed', statusMessage, endedAt: now });
      return;
    }
    for (let k = 0; k < lacking; k++) this.launch(cause, now);
    this.advance(now);
  }

  private scaleIn(most: number, now: number): void {
    for (let alive = this.alive(); alive.length > most; alive = this.alive()) {
      const victim = instanceToTerminate(alive, now, this.random, this.version);
      if (!victim) break;
      this.life.end(victim, this.cause + CAUSES.scaleIn(now, alive.length, victim.id), now);
    }
  }

  private launch(cause: string, now: number): void {
    const { zones, types, bootMs } = this.settings;
    const instance = newInstance(this.random, {
      zone: zoneForLaunch(zones, this.alive()),
      type: types[0] ?? 'unknown',
      version: this.version,
      launchedAt: now,
      bootedAt: now + bootMs,
    });
    instance.activityId = this.log.begin(`Launching a new EC2 instance: ${instance.id}`, cause, now).id;
    this.instances.push(instance);
  }
}
