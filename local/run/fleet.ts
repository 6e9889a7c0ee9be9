/** The fleet of a local stack, whose instances are in one group or in two. */
import type { InstanceSnapshot } from '../fleet/agent.ts';
import type { LocalStack } from './stack.ts';

export interface FleetSnapshot {
  /** Sum of the groups. */
  desired: number;
  /** Of the fleet: each group may have as many. */
  max: number;
  instances: InstanceSnapshot[];
  /** Instances of warm pools. */
  warm: InstanceSnapshot[];
}

export function fleetOf({ agent, groupNames }: Pick<LocalStack, 'agent' | 'groupNames'>): FleetSnapshot {
  const groups = groupNames.map((name) => agent.snapshot(name));
  return {
    desired: groups.reduce((sum, { desired }) => sum + desired, 0),
    max: Math.max(0, ...groups.map(({ max }) => max)),
    instances: groups.flatMap(({ instances }) => instances),
    warm: groups.flatMap(({ warm }) => warm),
  };
}
