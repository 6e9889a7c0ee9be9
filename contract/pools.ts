/** The two pools of a fleet, as Auto Scaling groups: what the stack and the scaler must agree on. */
import { z } from 'zod';

/** Name of the on-demand group beside the Spot group, which has the fleet's name. */
export const onDemandGroupName = (groupName: string) => `${groupName}-on-demand`;

const instances = z.int().min(0);

/** The scaler's variable `POOLS` of a fleet with two groups; of one with a single group it is empty. */
export const poolsSchema = z.object({
  onDemandGroupName: z.string().min(1),
  /** Instances of both groups together. */
  min: instances,
  max: instances,
  /** Price of a Spot instance over that of an on-demand one, which the split assumes. */
  spotPriceShare: z.number().positive(),
  /** Seconds from requesting an instance to its service, until boots are measured. */
  bootSeconds: z.number().positive(),
  /** Instance types of both groups. */
  types: z.array(z.string().min(1)).min(1),
  /** @default unknown: a launch that is refused in one zone counts for all */
  zones: z.array(z.string().min(1)).optional(),
  /** Stopped instances that the on-demand group may keep. */
  warmPoolSize: instances,
});

export type Pools = z.infer<typeof poolsSchema>;

/** Filled again at once. Without a maximum it would be filled up to that of the group. */
export const filledPool = (warmPoolSize: number): WarmPoolSizes => ({
  minSize: warmPoolSize,
  maxGroupPreparedCapacity: warmPoolSize,
});

/** An instance that resumes leaves its place free, and takes it again on scale-in: a burst launches nothing to fill the pool. */
export const fastTierPool = (warmPoolSize: number, onDemandBaseCapacity: number): WarmPoolSizes => ({
  minSize: 0,
  maxGroupPreparedCapacity: onDemandBaseCapacity + warmPoolSize,
});

/** The scaler's variable `WARM_POOL`; of a fleet without stopped instances it is empty. */
export const warmPoolSchema = z.object({
  groupName: z.string().min(1),
  minSize: instances,
  /** Of the group and its pool together. */
  maxGroupPreparedCapacity: instances,
});

export type WarmPool = z.infer<typeof warmPoolSchema>;
export type WarmPoolSizes = Omit<WarmPool, 'groupName'>;
