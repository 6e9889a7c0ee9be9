/** The stages: the one file that a user edits. Your editor describes each setting; docs/configure.md lists them. */
import type { StageConfig } from '../lib/stage/stage.ts';

export const stages = {
  /** For `npm start`, on this machine: short times, and local processes as instances. */
  local: {
    maxCapacity: 5,
    onDemandFallback: true,
    // One instance resumes while the others boot.
    warmPoolSize: 1,
    tickSeconds: 5,
    policy: {
      kind: 'slo',
      targetWaitSeconds: 10,
      // Larger than in production on purpose, so that scaling is visible with 60 photos.
      priceOfWaiting: 0.25,
      serviceSeconds: 1.2,
      bootSeconds: 8,
      scaleOutCooldownSeconds: 0,
      scaleInCooldownSeconds: 0,
      emptyHoldSeconds: 10,
      sleepAfterSeconds: 15,
    },
    device: 'cpu',
    visibilityTimeoutSeconds: 30,
    noticePollSeconds: 1,
    access: 'open',
    photosPerHour: 100_000,
    photosPerDay: 100_000,
    outcomeEvents: true,
    usage: true,
  },
  /** For `npm run chaos`: a photo of a dead worker is received again soon. */
  chaos: {
    maxCapacity: 4,
    // Without stopped instances, whose launches would be counted beside those of the fleet.
    onDemandFallback: true,
    tickSeconds: 5,
    policy: {
      kind: 'slo',
      targetWaitSeconds: 10,
      priceOfWaiting: 0.25,
      serviceSeconds: 0.2,
      bootSeconds: 8,
      scaleOutCooldownSeconds: 0,
      scaleInCooldownSeconds: 0,
      emptyHoldSeconds: 20,
      sleepAfterSeconds: 20,
    },
    device: 'cpu',
    visibilityTimeoutSeconds: 15,
    noticePollSeconds: 1,
  },
  dev: {
    maxCapacity: 4,
    // A forgotten trial does not grow all night.
    dailySpendLimit: 20,
    spendBrake: true,
    photoRetentionDays: 3,
    resultRetentionDays: 3,
  },
  prod: {
    maxCapacity: 20,
    retainData: true,
  },
} satisfies Record<string, StageConfig>;

export type StageName = keyof typeof stages;
