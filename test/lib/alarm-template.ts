/** A stage with every alarm, and its alarms by id. */
import { alarmName, type AlarmId } from '../../contract/alarms.ts';
import type { AlarmProperties } from '../support/cloudwatch-alarm.ts';
import { ofType, synthesise } from './template.ts';

export const template = synthesise('local', {
  dailySpendLimit: 100,
  promisedWaitSeconds: 900,
  probePhoto: 'daily',
  outcomeEvents: true,
  webhooks: true,
  access: 'iam',
});
const alarms = Object.fromEntries(
  ofType(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => [Properties.AlarmName, Properties]),
) as Record<string, AlarmProperties>;
export const alarmOf = (id: AlarmId) => alarms[alarmName('local', id)]!;
