/** An instance of a group and the states it goes through, in EC2 Auto Scaling's own words. */

export type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'Pending:Proceed'
  | 'InService'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Terminated';

/** Where each state may lead. */
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
  /** Epoch milliseconds, as all times here. */
  launchedAt: number;
  bootedAt: number;
  inServiceAt?: number;
  /** Whether its processes have been started. */
  started: boolean;
  /** The hook it waits at, and until when. */
  hook?: { name: string; deadline: number; heartbeatMs: number };
  /** The activity that made it or ends it. */
  activityId: string;
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

/** What the group asks the world to do. */
export type Effect = { kind: 'start' | 'leave' | 'stop'; instance: Instance };

export const isTerminating = ({ lifecycleState }: Instance) => lifecycleState.startsWith('Terminat');

/** Small, fast and seeded (mulberry32): choices between equals must be the same in every run. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
