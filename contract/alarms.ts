/**
 * The alarms of a stage, for whoever is woken by one: what it means and what to do first. Each has a section of its id in
 * `docs/runbook.md`; `lib/alarms.ts` says when it rings.
 */
import { SERVICE } from './names.ts';

export interface AlarmText {
  /** What is true when it rings, for people; one sentence. */
  meaning: string;
  /** What to do first; one sentence. */
  action: string;
}

export const ALARMS = {
  'oldest-photo': {
    meaning: 'A photo has been waiting for longer than the stage promises.',
    action:
      'Run explain: no instances is a shortage, a pause or a budget that is spent, all busy is a maximum that is too low.',
  },
  'dead-letters': {
    meaning: 'Photos were given up after all their attempts, or messages that are no photos came in.',
    action: 'Read why in the workers’ logs, mend it, then send them again with redrive.',
  },
  failures: {
    meaning: 'More than one photo in twenty could not be coloured.',
    action:
      'See which code leads in the outcomes panel: a broken client sends broken files, a broken model fails on good ones.',
  },
  'no-tick': {
    meaning: 'The scaler has published nothing for five minutes: nobody is sizing the fleet.',
    action: 'Open the scaler’s log and its schedule; the fleet keeps the size it has meanwhile.',
  },
  'metrics-unavailable': {
    meaning:
      'The scaler runs, but cannot read its queue, its group or its memory, and holds the fleet as it is.',
    action: 'Its log names the call that fails: a permission, throttling, or an outage of that service.',
  },
  'failed-ticks': {
    meaning: 'The scaler sees, but cannot set or remember what it decides: its estimates stand still.',
    action:
      'Its log names the call that fails, and with what: an item that its table refuses, a permission, throttling.',
  },
  'at-maximum': {
    meaning: 'The work has asked for more than the stage’s maximum for fifteen minutes.',
    action: 'Decide whether the queue may wait; if not, raise maxCapacity and see that the quota allows it.',
  },
  'capacity-shortage': {
    meaning:
      'Instances were asked for and did not come for ten minutes: no capacity, or a GPU quota that is used up or zero.',
    action: 'Run quota, then read the group’s activity history for the code of the failed launches.',
  },
  'canary-failures': {
    meaning: 'An instance coloured its test picture wrongly and was kept out of service.',
    action: 'If it is every new instance, the image is bad: put the one before it back into the parameter.',
  },
  'daily-spend': {
    meaning: 'Today’s instances have cost more than the stage’s daily limit, by list prices.',
    action: 'See whether the photos are worth it; pause scale-out or lower maxCapacity if they are not.',
  },
} as const satisfies Record<string, AlarmText>;

export type AlarmId = keyof typeof ALARMS;

export const ALARM_IDS = Object.keys(ALARMS) as AlarmId[];

/** Begins the name of every alarm of a stage. */
export const alarmPrefix = (stage: string) => `${SERVICE}-${stage}-`;

export const alarmName = (stage: string, id: AlarmId) => `${alarmPrefix(stage)}${id}`;
