/** Settings of the events of outcomes. */
import { flag, integer, type OptionsOf, type ValuesOf } from '../../contract/field.ts';
import type { Rule } from './check.ts';
import type { GATEWAY_FIELDS } from './gateway.ts';

export const EVENT_FIELDS = {
  /**
   * Whether each outcome is sent to an EventBridge bus of the stage, `ddcolor-elastic-<stage>`, as `photo.coloured` or `photo.failed`
   * (docs/events.md).
   *
   * @default false - clients poll, or look into the bucket
   */
  outcomeEvents: flag(false),

  /**
   * Whether callers of the HTTP API may register webhooks, which get the events of their photos (docs/events.md#webhooks). Needs `outcomeEvents`, and
   * `access` `jwt`, `cognito` or `iam`.
   *
   * @default false
   */
  webhooks: flag(false),

  /**
   * Whether photos and seconds of work are counted by caller and day, for `npx ddcolor-elastic usage` (docs/usage.md). Needs `outcomeEvents` and an
   * `access` other than `none`.
   *
   * @default false
   */
  usage: flag(false),

  /**
   * Longest pause between two attempts at a delivery, seconds: how soon a receiver that was away has its deliveries.
   *
   * @default 240
   */
  webhookMaxPauseSeconds: integer({
    min: 1,
    max: 900,
    default: 240,
    reason: 'the longest delay of a message in SQS',
  }),
};

type Told = ValuesOf<typeof EVENT_FIELDS> & Pick<ValuesOf<typeof GATEWAY_FIELDS>, 'access'>;

export const EVENT_RULES: Rule<Told>[] = [
  {
    of: ['webhooks', 'outcomeEvents'],
    holds: ({ webhooks, outcomeEvents }) => !webhooks || outcomeEvents,
    allowed: () => 'with outcomeEvents only: a delivery is the event of an outcome',
  },
  {
    of: ['webhooks', 'access'],
    holds: ({ webhooks, access }) => !webhooks || !['none', 'open'].includes(access),
    allowed: ({ access }) =>
      `with access jwt, cognito or iam only, which is ${access}: a webhook gets the events of one caller's photos, and others' are known by sign-in alone`,
  },
  {
    of: ['usage', 'outcomeEvents'],
    holds: ({ usage, outcomeEvents }) => !usage || outcomeEvents,
    allowed: () => 'with outcomeEvents only: an outcome is counted by its event',
  },
  {
    of: ['usage', 'access'],
    holds: ({ usage, access }) => !usage || access !== 'none',
    allowed: () => 'with an access other than none: photos put into the bucket directly have no caller',
  },
];

export type EventOptions = OptionsOf<typeof EVENT_FIELDS>;
