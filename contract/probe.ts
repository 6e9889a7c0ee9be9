/**
 * The probe: a photo of our own through the deployed stage on a schedule, whose outcome is looked at and then deleted.
 *
 * Its name is the hour in which it was sent: a step that runs twice finds the same photo, and two probes never share one.
 */
import { z } from 'zod';
import { PROBE_PHOTOS } from './keys.ts';

/** How often a stage is probed. */
export const PROBE_SCHEDULES = ['off', 'daily', 'hourly'] as const;
export type ProbeSchedule = (typeof PROBE_SCHEDULES)[number];

const HOUR_LENGTH = '2026-11-28T06'.length;
const NAME = /^\d{4}-\d\d-\d\dT\d\d\.png$/;

/** @param at any time of the hour, epoch seconds */
export const probePhotoKey = (at: number): string =>
  `${PROBE_PHOTOS}${new Date(at * 1000).toISOString().slice(0, HOUR_LENGTH)}.png`;

/** Whether a photo is no user's. */
export const isProbePhoto = (key: string): boolean =>
  key.startsWith(PROBE_PHOTOS) && NAME.test(key.slice(PROBE_PHOTOS.length));

/** Input of the function, from its schedules. */
export const probeEventSchema = z.object({
  step: z.enum(['send', 'check']),
  /** ISO 8601, as EventBridge Scheduler fills it in. */
  scheduledTime: z.iso.datetime(),
});

export type ProbeStep = z.infer<typeof probeEventSchema>['step'];

/** Environment of the function: set by the construct, parsed by the function. */
export const probeEnvironmentSchema = z.object({
  STAGE: z.string().min(1),
  BUCKET_NAME: z.string().min(1),
  /** The scaler's table, with its view. */
  SCALER_TABLE_NAME: z.string().min(1),
  /** SSM parameter with the id of the image. */
  AMI_PARAMETER: z.string().min(1),
});

export type ProbeVariable = keyof z.infer<typeof probeEnvironmentSchema>;
