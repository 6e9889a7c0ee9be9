/** The stages. A user edits the values here and nothing else; `lib/stage/stage.ts` says what each one means. */
import type { StageConfig } from '../lib/stage/stage.ts';

export const stages = {
  /** What `npm start` deploys onto this machine: times are short, a few processes make the fleet. */
  local: {
    maxCapacity: 5,
    tickSeconds: 5,
    policy: {
      kind: 'slo',
      targetWaitSeconds: 10,
      // Somebody watches: more instances than a fleet in earnest would take for so few photos.
      priceOfWaiting: 0.25,
      serviceSeconds: 2,
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
  },
  /** What `npm run chaos` deploys: the same, with faults so frequent that photos need more receives, and sooner ones. */
  chaos: {
    maxCapacity: 4,
    tickSeconds: 5,
    policy: {
      kind: 'slo',
      targetWaitSeconds: 10,
      priceOfWaiting: 0.25,
      serviceSeconds: 1,
      bootSeconds: 8,
      scaleOutCooldownSeconds: 0,
      scaleInCooldownSeconds: 0,
      emptyHoldSeconds: 20,
      sleepAfterSeconds: 20,
    },
    device: 'cpu',
    visibilityTimeoutSeconds: 15,
    maxReceiveCount: 8,
    noticePollSeconds: 1,
  },
  dev: {
    maxCapacity: 4,
    // A trial that somebody forgot does not grow all night.
    dailySpendLimit: 20,
    spendBrake: true,
    photoRetentionDays: 3,
    resultRetentionDays: 3,
  },
  prod: {
    maxCapacity: 20,
    spotPercentage: 70,
    retainData: true,
  },
} satisfies Record<string, StageConfig>;

export type StageName = keyof typeof stages;
