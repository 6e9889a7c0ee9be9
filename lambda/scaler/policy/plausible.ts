/**
 * What one instance can have done since the last tick. Workers write their own counters, and one of them may be under
 * another's control: a count beyond these bounds is unknown, never a fact and never zero.
 */

import type { WorkflowCounter, WorkflowWork } from '../../../contract/workflow-counters.ts';
import { MOST, partOf, riseOf, workflowCounters, workflowRises } from './reported-parts.ts';

/** The counters of one instance as its item has them: not checked. */
export interface InstanceReport {
  instance: string;
  completed: unknown;
  busySeconds: unknown;
  /** Of the bulk lane, which the two above include; absent while it has done none. */
  bulkCompleted?: unknown;
  bulkBusySeconds?: unknown;
  /** By workflow, of a stage with several. */
  workflows?: Record<string, Partial<Record<WorkflowCounter, unknown>>>;
}

/** A report that was not believed. */
export interface Disbelief {
  instance: string;
  /** The value, and what was possible. */
  why: string;
}

/** What an instance finished since the last tick. */
export interface Increment {
  completed: number;
  busySeconds: number;
  /** Part of both that is of bulk photos. @default 0 */
  bulkCompleted?: number;
  bulkBusySeconds?: number;
  /** Parts of both by workflow. @default none */
  workflows?: Record<string, WorkflowWork>;
}

/** Counters at an earlier tick, and the time that an instance has had since. */
export interface Credit {
  completed: number;
  busySeconds: number;
  bulkCompleted?: number;
  bulkBusySeconds?: number;
  workflows?: Record<string, WorkflowWork>;
  /** Seconds in service that no reported busy second has used. */
  busyCredit: number;
  /** Seconds in which photos that are reported now can have finished. */
  photoCredit: number;
  /** Seconds since the last tick. */
  seconds: number;
}

/**
 * The shortest busy time of a photo on any instance, seconds: a test compares it with a quarter of what the fastest known type takes for a small
 * photo, by the model of an instance.
 */
export const LEAST_SERVICE_SECONDS = 0.005;
const FIELDS = ['completed', 'busySeconds'] as const;

/** A few characters of a value; what an instance wrote reaches logs and terminals. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')}'`;
  return typeof value === 'number' ? String(value) : typeof value === 'undefined' ? 'undefined' : 'no number';
}
const rounded = (value: number): number => Number(value.toPrecision(6));

/** @returns the counters as numbers, or what is wrong with the first that is none */
export function countersOf({
  completed,
  busySeconds,
  workflows,
  ...bulk
}: InstanceReport): Increment | string {
  const given = { completed, busySeconds };
  for (const name of FIELDS) {
    const value = given[name];
    if (typeof value === 'number' && value >= 0 && value <= MOST) continue;
    return `${name} is ${shown(value)}: a number from 0 to ${MOST}`;
  }
  const [bulkCompleted, bulkBusySeconds] = [partOf(bulk.bulkCompleted), partOf(bulk.bulkBusySeconds)];
  const counted = { ...(given as Increment), ...(workflows && { workflows: workflowCounters(workflows) }) };
  if (bulkCompleted === undefined || bulkBusySeconds === undefined) return counted;
  return { ...counted, bulkCompleted, bulkBusySeconds };
}

/** @returns what was finished since, or why that cannot be */
export function incrementOf(now: Increment, before: Credit): Increment | string {
  const most: Increment = {
    completed: Math.floor(before.photoCredit / LEAST_SERVICE_SECONDS) + 1,
    busySeconds: before.busyCredit,
  };
  for (const name of FIELDS) {
    const rise = now[name] - before[name];
    if (rise < 0) return `${name} fell from ${rounded(before[name])} to ${rounded(now[name])}`;
    // Workers round each report to milliseconds.
    if (rise > most[name] + 1) {
      const within = `within ${rounded(before.seconds)} s`;
      return `${name} rose by ${rounded(rise)} ${within}: at most ${rounded(most[name])}`;
    }
  }
  const completed = now.completed - before.completed;
  const busySeconds = now.busySeconds - before.busySeconds;
  const workflows = now.workflows && {
    workflows: workflowRises(now.workflows, before.workflows, { completed, busySeconds }),
  };
  if (now.bulkCompleted === undefined) return { completed, busySeconds, ...workflows };
  return {
    ...{ completed, busySeconds, ...workflows },
    bulkCompleted: riseOf(now.bulkCompleted, before.bulkCompleted, completed),
    bulkBusySeconds: riseOf(now.bulkBusySeconds, before.bulkBusySeconds, busySeconds),
  };
}
