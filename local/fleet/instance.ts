/** Instance, lifecycle states, hooks and activities of a group, named as in EC2 Auto Scaling. */

export type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'Pending:Proceed'
  | 'InService'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Terminated';

/** Allowed transitions of each state. */
export const TRANSITIONS: Record<LifecycleState, LifecycleState[]> = {
  Pending: ['Pending:Wait', 'InService', 'Terminating:Wait', 'Terminating:Proceed'],
  'Pending:Wait': ['Pending:Proceed', 'Terminating:Wait', 'Terminating:Proceed'],
  'Pending:Proceed': ['InService', 'Terminating:Wait', 'Terminating:Proceed'],
  InService: ['Terminating:Wait', 'Terminating:Proceed'],
  'Terminating:Wait': ['Terminating:Proceed'],
  'Terminating:Proceed': ['Terminated'],
  Terminated: [],
};

export interface Instance {
  id: string;
  zone: string;
  type: string;
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
  bootMs: number;
  seed: number;
}

/** An instance that has just been requested. */
export function newInstance(
  random: () => number,
  what: Pick<Instance, 'zone' | 'type' | 'version' | 'launchedAt' | 'bootedAt'>,
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
}

/** Action for the caller of a group: start or stop an instance's processes; `leave` announces the termination. */
export type Effect = { kind: 'start' | 'leave' | 'stop'; instance: Instance };

export const isTerminating = ({ lifecycleState }: Instance) => lifecycleState.startsWith('Terminat');

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
