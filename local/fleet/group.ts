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
  isWarm,
  numberOf,
  type Activity,
  type Effect,
  type GroupSettings,
  type Hook,
  type Instance,
} from './instance.ts';
import { Lifecycle } from './lifecycle.ts';
import { Launches } from './launches.ts';
import type { Shortage } from './refusals.ts';
import { instanceToTerminate } from './placement.ts';
import { Refreshes, type InstanceRefresh, type RefreshPreferences } from './refresh.ts';
import { poolSize, poolStep, type WarmPool } from './warm-pool.ts';

const invalid = (message: string) => new ApiError('ValidationError', message);
/** Of an instance that is replaced whatever its launch template was. */
const OUTDATED = 'outdated';

export class Group {
  private readonly log: Activities;
  private readonly life: Lifecycle;
  readonly effects: Effect[];
  readonly suspended = new Set<string>();
  readonly refreshes = new Refreshes();
  /** Of the launch template. */
  version = '';
  /** Those of the warm pool too. */
  instances: Instance[] = [];
  desired: number;
  private pool: WarmPool | undefined;
  private cause = '';
  private readonly launches: Launches;

  constructor(readonly settings: GroupSettings) {
    // Two groups have neither instances nor activities of the same id.
    const source = numberOf(settings.name);
    this.log = new Activities(source.toString(16).padStart(8, '0'));
    this.life = new Lifecycle(this.log);
    this.effects = this.life.effects;
    this.launches = new Launches(settings, this.log, source);
    this.desired = settings.min;
  }

  get hooks(): Hook[] {
    return this.life.hooks;
  }

  set hooks(hooks: Hook[]) {
    this.life.hooks = hooks;
  }

  get warmPool(): WarmPool | undefined {
    return this.pool;
  }

  /** Instances of the group, without those of its warm pool. */
  get members(): Instance[] {
    return this.instances.filter((one) => !isWarm(one));
  }

  /** Instances of the warm pool. */
  get warm(): Instance[] {
    return this.instances.filter(isWarm);
  }

  /**
   * @param pool undefined terminates the instances of the pool
   * @throws ApiError for a group with Spot instances
   */
  setWarmPool(pool: WarmPool | undefined, now: number): void {
    const { spotPercentage = 100 } = this.settings.purchase ?? {};
    if (pool && spotPercentage > 0)
      throw invalid(
        `You can’t add a warm pool to an Auto Scaling group that has ${spotPercentage} % Spot Instances.`,
      );
    this.pool = pool;
    this.advance(now);
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
    if (isWarm(instance)) throw invalid(`The instance ${instanceId} is in the warm pool of its group.`);
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
    if (this.life.stopped(instance, now))
      this.instances = this.instances.filter((other) => other !== instance);
    this.advance(now);
  }

  /** What EC2 has no capacity for, from now on. */
  setShortages(shortages: readonly Shortage[], now: number): void {
    this.launches.refusals.set(shortages);
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
    const isShort = this.alive().length < this.desired || this.poolStep().lacking > 0;
    const lacking = isShort && !this.suspended.has('Launch');
    return Math.min(Infinity, ...deadlines, lacking ? this.launches.refusals.retryAt : Infinity);
  }

  private alive = () => this.members.filter((one) => !isTerminating(one));

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
    // Stopped ones serve nobody: all of them at once.
    for (const one of this.warm)
      if (one.version !== this.version && one.lifecycleState === 'Warmed:Stopped')
        this.life.end(one, CAUSES.refresh(now, one.id), now);
    this.advance(now);
    return refresh;
  }

  private reconcile(now: number): void {
    const { most, launches, ends } = this.refreshes.step(this.members, this.desired, this.version, now);
    if (!this.suspended.has('Terminate')) {
      for (const instance of ends) this.life.end(instance, CAUSES.refresh(now, instance.id), now);
      this.scaleIn(most, now);
    }
    const launched = this.suspended.has('Launch') ? 0 : this.launchMissing(launches, now);
    // After a scale-out has taken the stopped instances that it needs.
    if (!this.suspended.has('Terminate'))
      for (const one of this.poolStep().ends) this.life.end(one, CAUSES.poolSize(now, one.id), now);
    if (launched > 0) this.advance(now);
  }

  /** @param forRefresh instances that a refresh wants at least @returns how many were started */
  private launchMissing(forRefresh: number, now: number): number {
    const lacking = Math.max(this.desired - this.alive().length, forRefresh);
    const cause = this.cause + CAUSES.launch(now, this.alive().length, this.desired);
    const resumed = this.resume(lacking, cause, now);
    const group = {
      alive: this.alive,
      warm: () => this.warm,
      add: (instance: Instance) => void this.instances.push(instance),
      version: this.version,
    };
    const launched = this.launches.launch(lacking - resumed, cause, now, group);
    const filled = this.launches.fillPool(this.poolStep().lacking, now, group);
    return resumed + launched + filled;
  }

  private poolStep(): ReturnType<typeof poolStep> {
    const size = this.pool ? poolSize(this.pool, { desired: this.desired, max: this.settings.max }) : 0;
    return poolStep(this.warm, size);
  }

  private scaleIn(most: number, now: number): void {
    for (let alive = this.alive(); alive.length > most; alive = this.alive()) {
      const victim = instanceToTerminate(alive, now, this.launches.random, this.version);
      if (!victim) break;
      const cause = this.cause + CAUSES.scaleIn(now, alive.length, victim.id);
      const isReady = victim.lifecycleState === 'InService' && victim.healthStatus === 'Healthy';
      if (this.pool?.reuseOnScaleIn && isReady && this.poolStep().lacking > 0)
        this.life.park(victim, cause, now);
      else this.life.end(victim, cause, now);
    }
  }

  /** Starts stopped instances. @returns how many; EC2 has no capacity for the others */
  private resume(most: number, cause: string, now: number): number {
    const stopped = this.warm.filter(
      (one) => one.lifecycleState === 'Warmed:Stopped' && this.launches.refusals.has(one),
    );
    const resumed = stopped.slice(0, Math.max(0, most));
    for (const one of resumed) this.life.resume(one, cause, now, now + this.settings.resumeMs);
    return resumed.length;
  }
}
