/** Instance, lifecycle states, hooks and activities of a group, named as in EC2 Auto Scaling. */
import type { PurchaseOptions } from '../../contract/prices.ts';

export type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'Pending:Proceed'
  | 'InService'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Terminated'
  | 'Warmed:Pending'
  | 'Warmed:Pending:Wait'
  | 'Warmed:Pending:Proceed'
  | 'Warmed:Stopped'
  | 'Warmed:Terminating:Proceed'
  | 'Warmed:Terminated';

/** Allowed transitions of each state. */
export const TRANSITIONS: Record<LifecycleState, LifecycleState[]> = {
  Pending: ['Pending:Wait', 'InService', 'Terminating:Wait', 'Terminating:Proceed'],
  'Pending:Wait': ['Pending:Proceed', 'Terminating:Wait', 'Terminating:Proceed'],
  'Pending:Proceed': ['InService', 'Terminating:Wait', 'Terminating:Proceed'],
  InService: ['Terminating:Wait', 'Terminating:Proceed', 'Warmed:Pending'],
  'Terminating:Wait': ['Terminating:Proceed'],
  'Terminating:Proceed': ['Terminated'],
  Terminated: [],
  'Warmed:Pending': ['Warmed:Pending:Wait', 'Warmed:Pending:Proceed', 'Warmed:Terminating:Proceed'],
  'Warmed:Pending:Wait': ['Warmed:Pending:Proceed', 'Warmed:Terminating:Proceed'],
  'Warmed:Pending:Proceed': ['Warmed:Stopped', 'Warmed:Terminating:Proceed'],
  'Warmed:Stopped': ['Pending', 'Warmed:Terminating:Proceed'],
  'Warmed:Terminating:Proceed': ['Warmed:Terminated'],
  'Warmed:Terminated': [],
};

/** How an instance is bought. */
export type Market = 'spot' | 'on-demand';

export interface Instance {
  id: string;
  zone: string;
  type: string;
  market: Market;
  lifecycleState: LifecycleState;
  healthStatus: 'Healthy' | 'Unhealthy';
  protectedFromScaleIn: boolean;
  /** Of the launch template that it was launched by. */
  version: string;
  /** Epoch milliseconds, like all times of this file. */
  launchedAt: number;
  bootedAt: number;
  inServiceAt?: number;
  /** Whether its processes have been started. */
  started: boolean;
  /** The hook that the instance waits at. */
  hook?: { name: string; deadline: number; heartbeatMs: number };
  /** Activity of its launch or termination. */
  activityId: string;
}

export interface GroupSettings {
  name: string;
  min: number;
  max: number;
  zones: string[];
  types: string[];
  /** @default every instance is a Spot instance */
  purchase?: PurchaseOptions;
  bootMs: number;
  /** From the start of a stopped instance to the start of its processes. */
  resumeMs: number;
  seed: number;
}

/** An instance that has just been requested. */
export function newInstance(
  random: () => number,
  what: Pick<Instance, 'zone' | 'type' | 'market' | 'version' | 'launchedAt' | 'bootedAt'>,
): Instance {
  const hex = Array.from({ length: 17 }, () => Math.floor(random() * 16).toString(16)).join('');
  return {
    id: `i-${hex}`,
    ...what,
    lifecycleState: 'Pending',
    healthStatus: 'Healthy',
    protectedFromScaleIn: false,
    started: false,
    activityId: '',
  };
}

export interface Hook {
  name: string;
  transition: 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING';
  heartbeatSeconds: number;
  defaultResult: 'CONTINUE' | 'ABANDON';
}

export interface Activity {
  id: string;
  description: string;
  cause: string;
  startedAt: number;
  endedAt?: number;
  statusCode: 'InProgress' | 'Successful' | 'Failed' | 'Cancelled';
  statusMessage?: string;
  /** Of a launch that was refused in one zone. */
  zone?: string;
}

/** Action for the caller of a group: start or stop an instance's processes; `leave` announces the termination. */
export type Effect = { kind: 'start' | 'leave' | 'stop'; instance: Instance };

export const isTerminating = ({ lifecycleState }: Pick<Instance, 'lifecycleState'>) =>
  /^(Warmed:)?Terminat/.test(lifecycleState);

/** Whether it is in its group's warm pool: Auto Scaling then lists it there, and does not count it as capacity. */
export const isWarm = ({ lifecycleState }: Pick<Instance, 'lifecycleState'>) =>
  lifecycleState.startsWith('Warmed:');

/** Seeded random numbers (mulberry32), so that choices between equal instances are the same in every run. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number of 32 bits that differs with the text (FNV-1a). */
export function numberOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
