/** Settings of logs: how long they are kept. */
import { z } from 'zod';
import type { Field, OptionsOf } from '../../contract/field.ts';

/** What CloudWatch Logs allows, days. */
const ALLOWED_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653];

const allowed = `${ALLOWED_DAYS.slice(0, -1).join(', ')} or ${ALLOWED_DAYS.at(-1)}`;

const retention: Field<number> = {
  schema: z.number(allowed).refine((days) => ALLOWED_DAYS.includes(days), allowed),
  allowed,
  default: 30,
};

export const LOG_FIELDS = {
  /**
   * Days until a log line of an instance, the scaler, the gateway or the probe is deleted.
   *
   * @default 30
   */
  logRetentionDays: retention,
};

export type LogOptions = OptionsOf<typeof LOG_FIELDS>;
