/** The output of `status`, with parts that could not be read. */
import { describe, expect, it } from 'vitest';
import { scalerMemoryOf } from '../../../cli/shared/scaler-memory.ts';
import { bothPools, type StatusParts } from '../../../cli/status/parts.ts';
import { statusJson } from '../../../cli/status/json.ts';
import { statusLines } from '../../../cli/status/text.ts';
import { statusLine } from '../../../cli/watch/line.ts';
import { ALARMS } from '../../../contract/alarms.ts';
import { itemOf, memoryOf, NOW, record, records } from '../support/memory.ts';
import { alarm, DAY, ledger, parts } from '../support/status.ts';

const where = { stage: 'dev', stack: 'DDColorElastic-dev', region: 'us-east-1' };
const text = (more: Partial<StatusParts> = {}) => statusLines(parts(more), where, NOW).join('\n');
const unread: StatusParts = {
  queue: { missing: 'queue: AccessDenied.' },
  bulk: { missing: 'queue: AccessDenied.' },
  oldest: { missing: 'queue: AccessDenied.' },
  deadLetters: { missing: 'queue: AccessDenied.' },
  fleet: { missing: 'group: AccessDenied.' },
  memory: { missing: 'table: AccessDenied.' },
  alarms: { missing: 'CloudWatch: AccessDenied.' },
};

it('fits one screen', () => {
  expect(statusLines(parts(), where, NOW)).toEqual([
    'Stage dev (DDColorElastic-dev, us-east-1) at 2026-05-04 10:00:00 UTC',
    '',
    '  queue     12 waiting, 3 in flight, the oldest waits 34 s, 2 dead letters',
    '  fleet     5 desired (minimum 0, maximum 20): 3 in service, 2 pending, 1 draining',
    '  scaler    last tick 4 s ago: capacity was added (scale-out)',
    '  controls  scale-in is paused: the fleet does not shrink, until 2026-05-04 10:30:00 UTC, for another 30 min',
    '  today     USD 4.20 since midnight UTC, USD 1.58 an hour now (list prices, 4 s ago)',
    '  alarms    1 of 3 in ALARM, 1 without data',
    '            ALARM ddcolor-elastic-dev-dead-letters, since 09:55:00',
    `              ${ALARMS['dead-letters'].meaning}`,
    `              ${ALARMS['dead-letters'].action}`,
    '              docs/runbook.md#dead-letters',
    '',
    'Decisions, latest first (UTC)',
    '  09:59:56                       3 -> 5   scale-out  capacity was added; needed 5',
    '  09:58:56 to 09:59:26  2 ticks  stays 3  steady     the size is right; needed 3',
  ]);
});

it('shows the two pools of a fleet that has them, with the limits of the scaler', () => {
  const counts = { desired: 2, inService: 1, pending: 1, draining: 0 };
  const group = { ...counts, min: 0, max: 20 };
  const fleet = { value: bothPools(group, { ...group, desired: 3, pending: 2 }) };
  const pool = { before: 2, ...counts };
  const last = { min: 1, max: 12, pools: { spot: pool, onDemand: pool, stopped: 4 } };
  expect(
    text({ fleet, memory: { value: memoryOf(records(last)) } })
      .split('\n')
      .slice(3, 6),
  ).toEqual([
    '  fleet        5 desired (minimum 1, maximum 12): 2 in service, 3 pending, 0 draining',
    '    Spot       2 desired: 1 in service, 1 pending, 0 draining',
    '    on demand  3 desired: 1 in service, 2 pending, 0 draining, 4 stopped',
  ]);
  const json = statusJson(parts({ fleet, memory: { value: memoryOf(records(last)) } }), where, NOW);
  expect(json.fleet).toEqual({
    ...{ desired: 5, inService: 2, pending: 3, draining: 0, min: 1, max: 12 },
    pools: { spot: counts, onDemand: { ...counts, desired: 3, pending: 2 } },
  });
  // A tick that could not read the groups has none.
  const failed = memoryOf(records(last, { min: null, max: null, desired: null }));
  expect(text({ fleet, memory: { value: failed } })).toContain('(minimum 1, maximum 12)');
  // The limits of the groups are not those of the fleet.
  const unread = text({ fleet, memory: { missing: 'no' } });
  expect(unread).toContain('5 desired (minimum unknown, maximum unknown): 2 in service');
  expect(unread).toContain('2 pending, 0 draining, unknown stopped');
});

it('shows the messages of the bulk lane where there is one', () => {
  const bulk = { value: { waiting: 800, inFlight: 6 } };
  expect(text({ bulk })).toContain('  bulk      800 waiting, 6 in flight\n');
  expect(statusJson(parts({ bulk }), where, NOW)).toMatchObject({ bulk: { ...bulk.value, dueAt: null } });
  const dueIn = (dueAt: number) => ({
    ...{ bulk, memory: { value: memoryOf([record({ bulk: { visible: 800, inFlight: 6, dueAt } })]) } },
  });
  const at = (dueAt: number) => text(dueIn(dueAt));
  const json = statusJson(parts(dueIn(NOW + 600)), where, NOW);
  expect(json.bulk?.dueAt).toBe('2026-05-04T10:10:00.000Z');
  expect(at(NOW + 600)).toContain('6 in flight, the oldest is due in 10 min\n');
  expect(at(NOW - 60)).toContain('6 in flight, the oldest was due 60 s ago\n');
  expect(statusLine(parts({ bulk }), NOW).text).toContain('  bulk waiting 800, in flight 6  ');
});

it('has JSON with the same facts', () => {
  expect(statusJson(parts(), where, NOW)).toEqual({
    command: 'status',
    ...where,
    at: '2026-05-04T10:00:00.000Z',
    queue: {
      ...{ waiting: 12, inFlight: 3, sidelined: null, deadLetters: 2 },
      ...{ oldestSeconds: 34, oldestSidelinedSeconds: 95 },
    },
    bulk: null,
    fleet: { desired: 5, inService: 3, pending: 2, draining: 1, min: 0, max: 20 },
    scaler: { lastTick: '2026-05-04T09:59:56.000Z', ageSeconds: 4, stale: false },
    controls: [{ name: 'pauseScaleIn', until: '2026-05-04T10:30:00.000Z' }],
    decisions: [
      {
        from: '2026-05-04T09:59:56.000Z',
        until: '2026-05-04T09:59:56.000Z',
        reason: 'scale-out',
        text: 'capacity was added',
        ticks: 1,
        before: 3,
        desired: 5,
        needed: 5,
      },
      {
        from: '2026-05-04T09:58:56.000Z',
        until: '2026-05-04T09:59:26.000Z',
        reason: 'steady',
        text: 'the size is right',
        ticks: 2,
        before: null,
        desired: 3,
        needed: 3,
      },
    ],
    spending: { today: 4.2, perHour: 1.578, at: '2026-05-04T09:59:56.000Z' },
    alarms: [
      {
        name: 'ddcolor-elastic-dev-dead-letters',
        id: 'dead-letters',
        state: 'ALARM',
        since: '2026-05-04T09:55:00.000Z',
        ...ALARMS['dead-letters'],
        runbook: 'docs/runbook.md#dead-letters',
      },
      expect.objectContaining({ id: 'failures', state: 'OK' }),
      expect.objectContaining({ id: 'no-tick', state: 'INSUFFICIENT_DATA' }),
    ],
    problems: [],
    missing: [],
  });
});

describe('an unknown value', () => {
  it('is never zero', () => {
    const lines = statusLines(unread, where, NOW);
    expect(lines.slice(2)).toEqual([
      '  queue     unknown waiting, unknown in flight, age of the oldest unknown, unknown dead letters',
      '  bulk      unknown waiting, unknown in flight',
      '  fleet     unknown',
      '  scaler    unknown',
      '  controls  unknown',
      '  today     unknown',
      '  alarms    unknown',
      '',
      'Could not be read',
      '  queue, bulk, oldest, deadLetters: queue: AccessDenied.',
      '  fleet: group: AccessDenied.',
      '  memory: table: AccessDenied.',
      '  alarms: CloudWatch: AccessDenied.',
    ]);
    expect(statusJson(unread, where, NOW)).toMatchObject({
      queue: { waiting: null, inFlight: null, oldestSeconds: null, deadLetters: null },
      ...{
        bulk: null,
        fleet: null,
        scaler: null,
        controls: null,
        decisions: null,
        spending: null,
        alarms: null,
      },
    });
    expect(statusLine(unread, NOW).text).not.toMatch(/\d/);
  });

  it('is shown when there is no measurement', () => {
    const oldest = { value: { first: null, sidelined: null } };
    expect(text({ oldest })).toContain('12 waiting, 3 in flight, age of the oldest unknown');
    expect(text({ memory: { value: memoryOf([]) } })).toContain('today     unknown');
    // The ledger is yesterday's.
    const old = memoryOf(records({}), { ledger: { ...ledger, day: DAY - 1 } });
    expect(text({ memory: { value: old } })).toContain('today     unknown');
    const unavailable = memoryOf(
      records({ desired: 3 }, { reason: 'metrics-unavailable', needed: null, desired: null }),
    );
    expect(text({ memory: { value: unavailable } })).toMatch(/stays unknown {2}metrics-unavailable/);
  });
});

it('has no age of the oldest message when none waits', () => {
  expect(text({ queue: { value: { waiting: 0, inFlight: 0 } } })).toContain(
    '0 waiting, 0 in flight, 2 dead letters',
  );
});

it.each([
  [121, 'THE SCALER HAS STOPPED, last tick 2 min ago'],
  [120, 'scaler    last tick 2 min ago'],
  [7200, 'THE SCALER HAS STOPPED, last tick 2 h ago'],
])('after %s s without a tick shows %s', (age, said) => {
  const [last] = records({ at: NOW - age });
  expect(text({ memory: { value: memoryOf([last!]) } })).toContain(said);
});

describe('alarms', () => {
  it.each([
    [[], 'none has this stage’s name'],
    [[alarm('failures')], '0 of 1 in ALARM'],
  ])('%j are summarised', (value, said) =>
    expect(text({ alarms: { value } })).toContain(`alarms    ${said}\n`),
  );

  it('of another version are shown by name', () => {
    const lines = text({ alarms: { value: [{ ...alarm('melted', 'ALARM'), since: NaN }] } });
    expect(lines).toContain('ALARM ddcolor-elastic-dev-melted, since unknown');
    expect(lines).toContain('unknown to this version');
    expect(lines).not.toContain('runbook');
  });
});

describe('the scaler’s memory', () => {
  const of = (more: Record<string, unknown>) => scalerMemoryOf(itemOf(records({}), more));

  it('is shown without invalid controls', () => {
    const memory = of({ controls: { pauseScaleout: {} }, ledger });
    expect(memory).toMatchObject({ controls: null, recent: [{ reason: 'steady' }] });
    const lines = text({ memory: { value: memory } });
    expect(lines).toContain('controls  invalid');
    expect(lines).toMatch(/! The scaler holds the fleet, because its controls are invalid: .*pauseScaleout/);
    expect(lines).toContain('USD 4.20');
    expect(statusJson(parts({ memory: { value: memory } }), where, NOW)).toMatchObject({ controls: null });
  });

  it('of another version is ignored, except for controls and ledger', () => {
    const memory = of({ version: 1, ledger, controls: { dryRun: {} } });
    expect(memory).toMatchObject({ recent: [], controls: { dryRun: {} }, ledger });
    expect(memory.problems[0]).toMatch(/^The scaler's memory is damaged or of another version/);
  });

  it('may not exist yet', () => {
    expect(scalerMemoryOf(undefined)).toMatchObject({ recent: [], controls: {}, problems: [] });
    expect(text({ memory: { value: scalerMemoryOf(undefined) } })).toContain('no decision yet');
  });

  it('has the time between ticks also without a view', () => {
    expect(of({ view: undefined }).tickSeconds).toBeUndefined();
    const two = scalerMemoryOf(itemOf(records({}, {}, {}), { view: undefined }));
    expect(two.tickSeconds).toBe(30);
  });
});

it('shows eight decisions at most', () => {
  const many = records(
    ...Array.from({ length: 30 }, (_, k) => ({ desired: k, reason: 'scale-out' as const })),
  );
  expect(statusJson(parts({ memory: { value: memoryOf(many) } }), where, NOW).decisions).toHaveLength(8);
});
