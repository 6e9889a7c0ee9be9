/**
 * The alarms of a stage: what happened and what to do first. Each has a section of its id in `docs/runbook.md`;
 * `lib/alarms.ts` has the thresholds.
 */
import { SIDELINED_WAIT_FACTOR } from './lanes.ts';
import { SERVICE } from './names.ts';

export interface AlarmText {
  /** What happened; one sentence. */
  meaning: string;
  /** What to do first; one sentence. */
  action: string;
  /**
   * Why nobody is notified of it: another alarm is. Its state still shows what the cause is.
   *
   * @default - the topic is notified
   */
  silent?: string;
}

export const ALARMS = {
  'oldest-photo': {
    meaning: 'A photo has been waiting for longer than the stage’s promisedWaitSeconds.',
    action:
      'Run explain: it names the reason, such as a shortage, a pause, a spent budget or a maximum that is too low.',
    silent: 'unexplained-wait notifies, unless the alarm of a cause does',
  },
  'oldest-sidelined-photo': {
    meaning: `A sidelined photo has been waiting for longer than ${SIDELINED_WAIT_FACTOR} times the stage’s promisedWaitSeconds.`,
    action: 'Run explain: it names the reason, and how many photos are sidelined.',
    silent: 'unexplained-wait notifies, unless the alarm of a cause does',
  },
  'burn-rate-5m': {
    meaning:
      'Of the photos of five minutes more than 72 % waited longer than the stage’s objective allows one in twenty to.',
    action: 'Look whether wait-burn-fast notifies.',
    silent: 'wait-burn-fast notifies, once an hour is as bad',
  },
  'burn-rate-1h': {
    meaning:
      'Of the photos of an hour more than 72 % waited longer than the stage’s objective allows one in twenty to.',
    action: 'Look whether wait-burn-fast notifies.',
    silent: 'wait-burn-fast notifies, while the last five minutes are as bad',
  },
  'burn-rate-30m': {
    meaning:
      'Of the photos of half an hour more than 30 % waited longer than the stage’s objective allows one in twenty to.',
    action: 'Look whether wait-burn-slow notifies.',
    silent: 'wait-burn-slow notifies, once six hours are as bad',
  },
  'burn-rate-6h': {
    meaning:
      'Of the photos of six hours more than 30 % waited longer than the stage’s objective allows one in twenty to.',
    action: 'Look whether wait-burn-slow notifies.',
    silent: 'wait-burn-slow notifies, while the last half hour is as bad',
  },
  'photos-1h': {
    meaning: 'Ten photos or more were started within an hour: enough for a burn rate.',
    action: 'None: it is a condition of wait-burn-fast.',
    silent: 'it is no fault',
  },
  'photos-6h': {
    meaning: 'Twenty photos or more were started within six hours: enough for a burn rate.',
    action: 'None: it is a condition of wait-burn-slow.',
    silent: 'it is no fault',
  },
  'dead-letters': {
    meaning:
      'Messages reached the dead-letter queue: a photo failed on every attempt, or a message was not an S3 event.',
    action: 'Find the cause in the worker log, fix it, then run redrive.',
  },
  failures: {
    meaning: 'More than 5 % of the photos failed in three periods of five minutes within three hours.',
    action:
      'Find the most frequent code in the outcomes panel: a client sends bad files, or the service fails on good ones.',
  },
  'no-tick': {
    meaning:
      'The scaler has published nothing for five minutes: the fleet keeps its size and does not follow the queue.',
    action: 'Check the scaler’s log and its schedule.',
  },
  'metrics-unavailable': {
    meaning: 'The scaler cannot read its queue, its group or its table, and keeps the fleet at its size.',
    action:
      'Find the failing call in the scaler’s log: a permission, throttling, or an outage of that service.',
  },
  'failed-ticks': {
    meaning: 'The scaler cannot set the fleet’s size or store its state: its estimates are out of date.',
    action:
      'Find the failing call in the scaler’s log: an item that its table rejects, a permission, or throttling.',
  },
  'implausible-reports': {
    meaning:
      'An instance reports work that it cannot have done: its worker is faulty, or under another’s control. The scaler ignores it.',
    action:
      'Run explain: it names the instance and the value; terminate the instance, and find out how it came to that.',
  },
  'bulk-deadline': {
    meaning: 'The oldest photo of the bulk lane has used more than 95 % of bulkDeadlineSeconds.',
    action:
      'Run explain: it names the reason, such as a maximum that is too low for both lanes, or a shortage.',
  },
  'at-maximum': {
    meaning: 'The scaler has needed more instances than maxCapacity for fifteen minutes.',
    action: 'If the queue may not wait, raise maxCapacity and check the quota.',
  },
  'capacity-shortage': {
    meaning:
      'Requested instances have not started for ten minutes: AWS has no capacity, or the GPU quota is used up or 0.',
    action: 'Run quota, then read the code of the failed launches in the group’s activity history.',
  },
  'on-demand-1h': {
    meaning: 'On-demand instances beyond onDemandBaseCapacity were in service in 55 of the last 60 minutes.',
    action: 'Look whether spot-shortage notifies.',
    silent: 'spot-shortage notifies, while Spot is refused',
  },
  'spot-refused-1h': {
    meaning: 'EC2 refused three Spot launches or more within an hour, or left them missing for a minute.',
    action: 'None: the on-demand group launches the instances. It is a condition of spot-shortage.',
    silent: 'spot-shortage notifies, once on-demand instances have been in service for an hour',
  },
  'boot-failure': {
    meaning:
      'Three launches in a row never came into service: the fleet asks for one instance at a time, with pauses of up to 15 minutes.',
    action: 'Run explain: it names the instances and why; if the image is bad, roll it back.',
  },
  'warm-pool-boot-failure': {
    meaning:
      'Three launches into the warm pool in a row never got there: the pool keeps what it has and gets one instance at a time, with pauses of up to six hours.',
    action: 'Run explain: it names the instances and why; if the image is bad, deploy another one.',
  },
  'canary-failures': {
    meaning: 'An instance coloured its test picture wrongly and was kept out of service.',
    action: 'If every new instance does, the image is bad: roll it back.',
  },
  'gateway-5xx': {
    meaning: 'The HTTP API answered requests with an error of its own in three minutes of the last hour.',
    action:
      'Look for request-handled with a status of 500 or more in the gateway’s log: error has the failing call.',
  },
  'gateway-function-errors': {
    meaning:
      'The gateway’s function ended with an error or ran out of time in three minutes of the last hour.',
    action: 'Read the end of the gateway’s log: a bundle that does not start, or a time-out.',
    silent: 'its requests get a 5xx, of which gateway-5xx notifies',
  },
  'gateway-throttles': {
    meaning: 'Lambda refused to run the gateway’s function in three minutes of the last hour.',
    action: 'Compare the account’s limit of concurrent executions with what its functions use.',
    silent: 'its requests get a 5xx, of which gateway-5xx notifies',
  },
  'log-delivery': {
    meaning: 'Lines of an instance have not reached CloudWatch Logs for five minutes.',
    action:
      'Read the end of the agent’s own log on that instance: a permission, no network, or it does not run.',
  },
  'outcome-age': {
    meaning: 'The event of an outcome has been due for fifteen minutes.',
    action: 'Look for outcome-not-reported in the log of the events’ function: error has the failing call.',
  },
  'outcome-dead-letters': {
    meaning: 'The events of some outcomes could not be sent in two and a half hours of attempts.',
    action:
      'Find the failing call in the log of the events’ function, fix it, then move the messages back to their queue.',
  },
  'lost-events': {
    meaning: 'The sweep found outcomes whose event had not been sent hours later, and has sent it.',
    action: 'Look at outcome-dead-letters, then whether the bucket still notifies the queue of outcomes.',
  },
  'event-sweep-errors': {
    meaning:
      'In two of the last twelve hours the sweep of lost events ended with an error, ran out of time, or could not send an event that it found.',
    action: 'Read the log of the events’ function: lost-event-not-sent, or the error that a run ended with.',
  },
  'webhook-age': {
    meaning: 'A delivery of a webhook has not succeeded for an hour: its receiver is down, or refuses it.',
    action: 'Look for webhook-failed in the log of the webhooks: reason says what the receiver does.',
  },
  'webhook-dead-letters': {
    meaning: 'Deliveries of a webhook did not succeed in a day of attempts.',
    action: 'Once the receiver works, run webhook replay.',
  },
  'webhook-sweep-errors': {
    meaning:
      'In three periods of five minutes within an hour the sweep of webhooks ended with an error or ran out of time: old deliveries are not given up, and no alarm has their age.',
    action: 'Read the log of the webhooks: the error that a run ended with.',
  },
  'probe-failure': {
    meaning: 'The probe photo got no result in time, or the probe itself could not run.',
    action: 'Look for probe-photo-checked and probe-not-run in the probe’s log: reason or error says which.',
  },
  'daily-spend': {
    meaning: 'Today’s instances have cost dailySpendLimit or more, by list prices.',
    action: 'If the load is not worth it, pause scale-out or lower maxCapacity.',
  },
} as const satisfies Record<string, AlarmText>;

export type AlarmId = keyof typeof ALARMS;

export const ALARM_IDS = Object.keys(ALARMS) as AlarmId[];

/** Alarms of the gateway: only a stage with one has them. */
export const GATEWAY_ALARM_IDS: readonly AlarmId[] = [
  'gateway-5xx',
  'gateway-function-errors',
  'gateway-throttles',
];

/** Alarms of the probe: only a stage with `probePhoto` has them. */
export const PROBE_ALARM_IDS: readonly AlarmId[] = ['probe-failure'];

/** Alarms of the events of outcomes: only a stage with `outcomeEvents` has them. */
export const OUTCOME_ALARM_IDS: readonly AlarmId[] = [
  'outcome-age',
  'outcome-dead-letters',
  'lost-events',
  'event-sweep-errors',
];

/** Alarms of webhooks: only a stage with `webhooks` has them. */
export const WEBHOOK_ALARM_IDS: readonly AlarmId[] = [
  'webhook-age',
  'webhook-dead-letters',
  'webhook-sweep-errors',
];

/** Alarms of stopped instances: only a stage with `warmPoolSize` has them. */
export const WARM_POOL_ALARM_IDS: readonly AlarmId[] = ['warm-pool-boot-failure'];

/** Alarms of an on-demand group beside the Spot group: only a stage with `onDemandFallback` has them and {@link FALLBACK_COMPOSITE}. */
export const FALLBACK_ALARM_IDS = ['on-demand-1h', 'spot-refused-1h'] as const satisfies readonly AlarmId[];

/** @returns undefined for an alarm that notifies */
export const silenceOf = (id: AlarmId): string | undefined => (ALARMS[id] as AlarmText).silent;

/** Alarms of other alarms' states. */
export const COMPOSITES = {
  'unexplained-wait': {
    meaning:
      'A photo has been waiting for longer than promised (oldest-photo, oldest-sidelined-photo), and no other alarm explains it.',
    action: 'Run explain: it names the reason, such as a pause, a spent budget, or boots that are slow.',
  },
  'wait-burn-fast': {
    meaning:
      'Most photos of the last hour waited longer than the stage’s objective: a fiftieth of what may be late in a month was late within an hour.',
    action:
      'Run explain: it names the reason, such as a shortage, a maximum that is too low, or boots that are slow.',
  },
  'wait-burn-slow': {
    meaning:
      'A third of the photos of the last six hours waited longer than the stage’s objective: at this rate the month’s share is used up in five days.',
    action:
      'Compare the panel of waits with the fleet’s: raise maxCapacity or minCapacity, or ask for shorter waits.',
  },
  'spot-shortage': {
    meaning:
      'On-demand instances have been in service for an hour because EC2 refuses Spot launches: photos do not wait, and an instance costs about twice as much.',
    action: 'Run explain: it names the refused launches. More instance types or zones help; otherwise wait.',
  },
} as const satisfies Record<string, AlarmText>;

export type CompositeId = keyof typeof COMPOSITES;

export const FALLBACK_COMPOSITE = 'spot-shortage' satisfies CompositeId;

export const COMPOSITE_IDS = Object.keys(COMPOSITES) as CompositeId[];

/** All alarms of a stage with a gateway. */
export const ALARM_TEXTS = { ...ALARMS, ...COMPOSITES };

/** First part of the name of every alarm of a stage. */
export const alarmPrefix = (stage: string) => `${SERVICE}-${stage}-`;

export const alarmName = (stage: string, id: AlarmId | CompositeId) => `${alarmPrefix(stage)}${id}`;
