/** Scaling activities of a group, newest first, with the cause texts of EC2 Auto Scaling. */
import type { Activity } from './instance.ts';

const iso = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

export class Activities {
  readonly all: Activity[] = [];

  /** @param source eight hexadecimal digits, different for each group: as on AWS, no two activities have the same id */
  constructor(private readonly source = '00000000') {}

  begin(description: string, cause: string, now: number): Activity {
    const serial = String(this.all.length + 1).padStart(12, '0');
    const id = `${this.source}-0000-4000-8000-${serial}`;
    const activity: Activity = { id, description, cause, startedAt: now, statusCode: 'InProgress' };
    this.all.unshift(activity);
    return activity;
  }

  /** Sets the final status of an activity that is in progress. */
  finish(id: string, statusCode: Activity['statusCode'], now: number, statusMessage?: string): void {
    const activity = this.all.find((one) => one.id === id && one.statusCode === 'InProgress');
    if (activity) Object.assign(activity, { statusCode, endedAt: now, statusMessage });
  }
}

export const CAUSES = {
  desired: (now: number, request: string, from: number, to: number) =>
    `At ${iso(now)} ${request} changing the desired capacity from ${from} to ${to}.  `,
  launch: (now: number, from: number, to: number) =>
    `At ${iso(now)} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${from} to ${to}.`,
  scaleIn: (now: number, from: number, id: string) =>
    `At ${iso(now)} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${from} to ${from - 1}.  At ${iso(now)} instance ${id} was selected for termination.`,
  request: (now: number, id: string, shrinking: string) =>
    `At ${iso(now)} instance ${id} was taken out of service in response to a user request${shrinking}.`,
  refresh: (now: number, id: string) =>
    `At ${iso(now)} an instance was taken out of service in response to an instance refresh.  At ${iso(now)} instance ${id} was selected for termination.`,
  intoPool: (now: number, from: number, to: number) =>
    `At ${iso(now)} an instance was started in response to a difference between desired and actual warm pool capacity, increasing the warm pool capacity from ${from} to ${to}.`,
  poolSize: (now: number, id: string) =>
    `At ${iso(now)} instance ${id} was selected for termination, since the warm pool has more instances than it may.`,
  unhealthy: (now: number) =>
    `At ${iso(now)} an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.`,
  abandoned: (now: number) =>
    `At ${iso(now)} an instance was taken out of service in response to an abandoned launch lifecycle action.`,
};

/** What an activity is about, in AWS's words. */
export const DESCRIPTIONS = {
  refused: 'Launching a new EC2 instance',
  launch: (id: string) => `Launching a new EC2 instance: ${id}`,
  intoPool: (id: string) => `Launching a new EC2 instance into warm pool: ${id}`,
  fromPool: (id: string) => `Launching a new EC2 instance from warm pool: ${id}`,
  // AWS documents no words for this one.
  returned: (id: string) => `Moving EC2 instance to warm pool: ${id}`,
  end: (id: string) => `Terminating EC2 instance: ${id}`,
};

/** AWS has these words of instances on their way into service; of the way into a warm pool it documents none. */
export const unhealthyOnTheWay = (state: string) =>
  `Instance became unhealthy while waiting for instance to be in ${state} state. Termination Reason: Client.InternalError: Client error on launch`;

/** @param token of the action @param hasTimedOut else it was completed with ABANDON */
export const abandoned = (token: string, hasTimedOut: boolean) =>
  `Instance failed to complete user's Lifecycle Action: Lifecycle Action with token ${token} was abandoned: ${hasTimedOut ? 'Heartbeat Timeout' : 'Lifecycle Action Completed with ABANDON Result'}`;
