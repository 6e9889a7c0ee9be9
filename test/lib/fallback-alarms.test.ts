/** The alarms of an on-demand group: which stages have them, and from how many instances on. */
import { expect, it } from 'vitest';
import { alarmName, FALLBACK_ALARM_IDS, FALLBACK_COMPOSITE } from '../../contract/alarms.ts';
import { alarmRules } from '../../lib/alarms.ts';
import { ofType, synthesise } from './template.ts';

it('a stage with one group has no alarms of a second one', () => {
  const stage = synthesise('local', { onDemandFallback: false, warmPoolSize: 0 });
  const names = [
    ...ofType(stage, 'AWS::CloudWatch::Alarm'),
    ...ofType(stage, 'AWS::CloudWatch::CompositeAlarm'),
  ].map(({ Properties }) => Properties.AlarmName as string);
  expect(names).toContain(alarmName('local', 'capacity-shortage'));
  for (const id of [...FALLBACK_ALARM_IDS, FALLBACK_COMPOSITE] as const)
    expect(names).not.toContain(alarmName('local', id));
});

it('on-demand instances that a stage always has are no fallback', () => {
  const limits = { promisedWaitSeconds: 900, onDemandFallback: true };
  expect(alarmRules({ ...limits, onDemandBaseCapacity: 2 })['on-demand-1h']?.threshold).toBe(2);
});
