/**
 * When the policy is called: at every interval, or when it asks for, or at once for an arrival at a fleet of size zero or when a
 * poll says so; in the real world late, and sometimes twice or not at all.
 */
import { pollTimes, PERIOD_SECONDS } from '../../lambda/scaler/run.ts';
import { draws, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import type { Controller } from './types.ts';

export class TickSchedule {
  /** Time of the next call, seconds. */
  next: number;
  /** Whether an arrival brought the next call forward. */
  woken = false;
  /** Whether at `next` the controller only polls the queue. */
  isPoll = false;
  /** Of the next call that is no poll. */
  private callAt: number;
  private polls: number[] = [];
  /** When the call was due that a poll brought forward: those of the usual pace go on. */
  private broughtForward: number | undefined;
  private k = 0;
  /** When the last call was due. */
  private due: number;
  private repeated = false;
  private readonly irregular: boolean;
  private readonly phase: number;
  private readonly draw: Record<'jitter' | 'missed' | 'doubled', Draw>;

  constructor(
    private readonly controller: Controller,
    private readonly world: World,
    seed: number,
  ) {
    this.irregular = controller.scheduled ?? false;
    this.phase = this.irregular ? world.tickPhase * draws(seed, 'phase')(0) : 0;
    this.draw = {
      jitter: draws(seed, 'jitter'),
      missed: draws(seed, 'missed'),
      doubled: draws(seed, 'doubled'),
    };
    this.due = this.phase;
    this.callAt = this.nextTime(controller.intervalSeconds);
    this.next = this.callAt;
  }

  /** Brings the next call forward. */
  wakeAt(at: number): void {
    if (at >= this.next) return;
    this.next = at;
    this.callAt = at;
    this.due = at;
    this.isPoll = false;
    this.polls = [];
    this.broughtForward = undefined;
    this.woken = true;
  }

  /** Moves to the next poll, or call. @param isCalledFor whether the poll asks for a call now */
  afterPoll(isCalledFor: boolean): void {
    if (isCalledFor) {
      this.broughtForward = this.callAt;
      this.callAt = this.next;
      this.polls = [];
    }
    this.next = this.polls.shift() ?? this.callAt;
    this.isPoll = this.next < this.callAt;
  }

  /** Moves from a call to what is next. */
  advance(): void {
    if (this.irregular && !this.repeated && this.draw.doubled(this.k) < this.world.doubledTick) {
      this.repeated = true;
      return;
    }
    this.repeated = false;
    this.woken = false;
    const { controller } = this;
    const now = this.next;
    const seconds = controller.nextSeconds?.() ?? controller.intervalSeconds;
    if (this.broughtForward === undefined) this.callAt = this.nextTime(seconds);
    else if (now + seconds < this.broughtForward) this.callAt = this.due = now + seconds;
    else this.callAt = this.broughtForward;
    this.broughtForward = undefined;
    this.polls = controller.poll ? pollTimes(now, this.callAt) : [];
    this.afterPoll(false);
  }

  /** @param seconds from the call before, if no call is missed */
  private nextTime(seconds: number): number {
    const { controller, world, draw } = this;
    let gap = seconds;
    do {
      this.k++;
      this.due = controller.nextSeconds
        ? this.dueAfter(gap)
        : this.phase + this.k * controller.intervalSeconds;
      gap = controller.intervalSeconds;
    } while (this.irregular && draw.missed(this.k) < world.missedTick);
    // Jitter delays a call, but not past the next one.
    return this.irregular
      ? this.due + Math.min(world.tickJitter * draw.jitter(this.k), controller.intervalSeconds * 0.99)
      : this.due;
  }

  /** The schedule itself calls at each of its periods, whatever was asked for. */
  private dueAfter(seconds: number): number {
    const period = Math.max(PERIOD_SECONDS, this.controller.intervalSeconds);
    const k = Math.floor((this.due - this.phase) / period) + 1;
    const at = this.phase + k * period;
    // Rounding may find the period that `due` itself begins: time would stand still.
    return Math.min(this.due + seconds, at > this.due ? at : at + period);
  }
}
