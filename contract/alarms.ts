/**
 * The alarms of a stage: what happened and what to do first. Each has a section of its id in `docs/runbook.md`;
 * `lib/alarms.ts` has the thresholds.
 */
import { SERVICE } from './names.ts';

export interface AlarmText {
  /** What happened; one sentence. */
  meaning: string;
  /** What to do first; one sentence. */
  action: string;
}

export const ALARMS = {
  'oldest-photo': {
    meaning: 'A photo has been waiting for longer than the stage’s promisedWaitSeconds.',
    action:
      'Run explain: it names the reason, such as a shortage, a pause, a spent budget or a maximum that is too low.',
  },
  'dead-letters': {
    meaning:
      'Messages reached the dead-letter queue: a photo failed on every attempt, or a message was not an S3 event.',
    action: 'Find the cause in the worker log, fix it, then run redrive.',
  },
  failures: {
    meaning: 'More than 5 % of the photos failed in each of the last three periods of five minutes.',
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
  'at-maximum': {
    meaning: 'The scaler has needed more instances than maxCapacity for fifteen minutes.',
    action: 'If the queue may not wait, raise maxCapacity and check the quota.',
  },
  'capacity-shortage': {
    meaning:
      'Requested instances have not started for ten minutes: AWS has no capacity, or the GPU quota is used up or 0.',
    action: 'Run quota, then read the code of the failed launches in the group’s activity history.',
  },
  'boot-failure': {
    meaning:
      'Three launches in a row never came into service: the fleet asks for one instance at a time, with pauses of up to 15 minutes.',
    action: 'Run explain: it names the instances and why; if the image is bad, roll it back.',
  },
  'canary-failures': {
    meaning: 'An instance coloured its test picture wrongly and was kept out of service.',
    action: 'If every new instance does, the image is bad: roll it back.',
  },
  'daily-spend': {
    meaning: 'Today’s instances have cost dailySpendLimit or more, by list prices.',
    action: 'If the load is not worth it, pause scale-out or lower maxCapacity.',
  },
} as const satisfies Record<string, AlarmText>;

export type AlarmId = keyof typeof ALARMS;

export const ALARM_IDS = Object.keys(ALARMS) as AlarmId[];

/** First part of the name of every alarm of a stage. */
export const alarmPrefix = (stage: string) => `${SERVICE}-${stage}-`;

export const alarmName = (stage: string, id: AlarmId) => `${alarmPrefix(stage)}${id}`;
