/** Settings of monitoring: when alarms go off, and where they are sent. */
import { flag, integer, text, type OptionsOf } from '../../contract/field.ts';

/** How long SQS keeps a photo's message, seconds: 14 days. */
export const KEPT_SECONDS = 1_209_600;

export const MONITORING_FIELDS = {
  /**
   * Seconds that a photo may wait before an alarm, the boot of a first instance included.
   *
   * @default 900
   */
  promisedWaitSeconds: integer({
    min: 60,
    max: KEPT_SECONDS,
    default: 900,
    reason: 'for which the queue keeps a photo',
  }),

  /**
   * Whether alarms watch how fast the stage uses up the share of photos that may be late: at most 5 % longer than `p95WaitSeconds`, or than
   * `promisedWaitSeconds` where that is not set. Two notify, for USD 1.60 a month with the six that they consist of.
   *
   * @default true
   */
  burnRateAlarms: flag(true),

  /**
   * E-mail address that receives alarms, in addition to the subscribers of the topic. Its owner has to confirm once.
   *
   * @default - none: subscribe to the topic, the output AlarmTopicArn
   */
  alarmEmail: text(/^$|^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an address such as oncall@example.com', ''),

  /**
   * Address of `docs/runbook.md` where your team reads it. Alarms link to their heading there.
   *
   * @default docs/runbook.md - the file in the repository
   */
  runbookUrl: text(
    /^[^\s#]{1,300}$/,
    'an address of at most 300 characters, without spaces and without a #',
    'docs/runbook.md',
  ),
};

export type MonitoringOptions = OptionsOf<typeof MONITORING_FIELDS>;
