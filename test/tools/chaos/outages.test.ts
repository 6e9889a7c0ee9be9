/** Outages: their plan, and the checks of what they did. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { journalFiles } from '../../../local/logs/journals.ts';
import type { FleetSnapshot } from '../../../local/run/fleet.ts';
import { checkLogs } from '../../../tools/chaos/check-logs.ts';
import { outageLine, outageProblems } from '../../../tools/chaos/check-outages.ts';
import { OUTAGES, planOutages, type OutageReport } from '../../../tools/chaos/outages.ts';
import { FleetPeak } from '../../../tools/chaos/spot-shortage.ts';

it.each([1, 2, 3, 4, 5])('seed %i plans each outage once, apart, and early enough', (seed) => {
  const plan = planOutages(seed, true);
  expect(plan.map(({ kind }) => kind).sort()).toEqual([...OUTAGES].sort());
  expect(planOutages(seed, true)).toEqual(plan);
  expect(plan[0]?.kind).toBe('no Spot capacity');
  expect(planOutages(seed, false).map(({ kind }) => kind)).not.toContain('no Spot capacity');
  const shares = plan.map(({ atShare }) => atShare);
  expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  expect(Math.min(...shares)).toBeGreaterThan(0.02);
  expect(Math.max(...shares)).toBeLessThan(0.8);
});

describe('the check of an outage', () => {
  const boots = {
    launches: 7,
    held: 5,
    why: ["ComfyUI lacks the node 'DDColor'"],
    recoveredSeconds: 30,
  };
  const withoutNodes: OutageReport = {
    kind: 'image without nodes',
    seconds: 90,
    left: 400,
    photos: 0,
    boots,
  };
  const silent: OutageReport = {
    kind: 'image whose worker says nothing',
    seconds: 90,
    left: 400,
    photos: 0,
    boots: { ...boots, why: [] },
  };
  const logs: OutageReport = {
    kind: 'log agents hung',
    seconds: 40,
    left: 400,
    photos: 9,
    logs: { deliveryFailures: 3, stuck: [] },
  };

  const spot = { interrupted: 3, onDemandSeconds: 30, backSeconds: 200, watchedSeconds: 200 };
  const shortage: OutageReport = { kind: 'no Spot capacity', seconds: 60, left: 400, photos: 9, spot };

  it.each([
    ...[withoutNodes, silent, logs, { ...logs, left: 3, photos: 0 }, shortage],
    // Its photos were done before Spot could be tried again.
    { ...shortage, spot: { ...spot, backSeconds: null, watchedSeconds: 150 } },
  ])('accepts $kind', (report) => expect(outageProblems([report], 4)).toEqual([]));

  it.each<[string, OutageReport]>([
    ['launches without end', { ...withoutNodes, boots: { ...boots, launches: 30 } }],
    ['launches without end, of silent workers', { ...silent, boots: { ...silent.boots!, launches: 8 } }],
    ['no launch', { ...withoutNodes, boots: { ...boots, launches: 0 } }],
    ['another reason', { ...silent, boots: { ...silent.boots!, held: 0 } }],
    ['a reason that is not reported', { ...withoutNodes, boots: { ...boots, why: ['unknown'] } }],
    ['photos that wait for the logs', { ...logs, photos: 0 }],
    ['lines that stay away', { ...logs, logs: { deliveryFailures: 3, stuck: ['i-1'] } }],
    ['a shortage without an effect', { ...shortage, spot: { ...spot, interrupted: 0 } }],
    ['a fleet without a fallback', { ...shortage, spot: { ...spot, onDemandSeconds: null } }],
    ['a late fallback', { ...shortage, spot: { ...spot, onDemandSeconds: 170 } }],
    ['photos that wait for Spot', { ...shortage, photos: 0 }],
    [
      'a fleet that stays on demand',
      { ...shortage, spot: { ...spot, backSeconds: null, watchedSeconds: 700 } },
    ],
    ['a late return', { ...shortage, spot: { ...spot, backSeconds: 700, watchedSeconds: 700 } }],
    ['logs that are lost in silence', { ...logs, logs: { deliveryFailures: 0, stuck: [] } }],
  ])('detects %s', (_what, report) => expect(outageProblems([report], 4)).toHaveLength(1));

  it.each([
    [spot, '3 interrupted, on demand after 30 s, on Spot 200 s after it'],
    [
      { ...spot, backSeconds: null, watchedSeconds: 150 },
      '3 interrupted, on demand after 30 s, not on Spot in the 150 s after it',
    ],
  ])('says what became of the fleet: %j', (of, text) =>
    expect(outageLine({ ...shortage, spot: of })).toBe(
      `    60 s  no Spot capacity: ${text}; 9 photos meanwhile`,
    ),
  );

  it('is a line of the report', () =>
    expect(outageLine(withoutNodes)).toBe(
      "    90 s  image without nodes: 7 launches, 5 decisions 'boot-failure', in service 30 s after it; 0 photos meanwhile",
    ));
});

it('the peak of a fleet counts what is pending, and not what drains', () => {
  const peak = new FleetPeak();
  const fleet = (...states: string[]) => {
    const instances = states.map((lifecycleState) => ({ lifecycleState }));
    peak.look({ desired: 2, max: 4, warm: [], instances } as unknown as FleetSnapshot);
  };
  fleet('InService', 'Pending', 'Pending:Wait');
  fleet('InService', 'Terminating:Wait', 'Terminating:Proceed', 'Pending');
  expect(peak.running).toBe(3);
});

describe('the check of the logs', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'journals-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const instance = (id: string, lines: string[], delivered: number) => {
    const { log, state } = journalFiles(directory, id);
    mkdirSync(join(directory, id));
    writeFileSync(log, lines.map((line) => `${line}\n`).join(''));
    writeFileSync(state, `${lines.slice(0, delivered).join('\n').length + 1}\n${log}`);
  };

  it('counts what ended with an instance, and names what is not there although the agent counts it', async () => {
    instance('i-1', ['a', 'b', 'c'], 3);
    instance('i-2', ['d', 'e', 'f'], 1);
    const there = new Map([
      ['i-1', new Set(['a', 'c'])],
      ['i-2', new Set(['d'])],
    ]);
    expect(await checkLogs(directory, async (id) => there.get(id)!)).toEqual({
      instances: 2,
      lines: 4,
      undelivered: 2,
      missing: ['i-1 lacks 1 of 3 lines, the first: b'],
    });
  });
});
