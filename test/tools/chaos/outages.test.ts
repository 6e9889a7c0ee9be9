/** Outages: their plan, and the checks of what they did. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { journalFiles } from '../../../local/logs/journals.ts';
import { checkLogs } from '../../../tools/chaos/check-logs.ts';
import { outageLine, outageProblems } from '../../../tools/chaos/check-outages.ts';
import { OUTAGES, planOutages, type OutageReport } from '../../../tools/chaos/outages.ts';

it.each([1, 2, 3, 4, 5])('seed %i plans each outage once, apart, and early enough', (seed) => {
  const plan = planOutages(seed);
  expect(plan.map(({ kind }) => kind).sort()).toEqual([...OUTAGES].sort());
  expect(planOutages(seed)).toEqual(plan);
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

  it.each([withoutNodes, silent, logs, { ...logs, left: 3, photos: 0 }])('accepts $kind', (report) =>
    expect(outageProblems([report], 4)).toEqual([]),
  );

  it.each<[string, OutageReport]>([
    ['launches without end', { ...withoutNodes, boots: { ...boots, launches: 30 } }],
    ['launches without end, of silent workers', { ...silent, boots: { ...silent.boots!, launches: 8 } }],
    ['no launch', { ...withoutNodes, boots: { ...boots, launches: 0 } }],
    ['another reason', { ...silent, boots: { ...silent.boots!, held: 0 } }],
    ['a reason that is not reported', { ...withoutNodes, boots: { ...boots, why: ['unknown'] } }],
    ['photos that wait for the logs', { ...logs, photos: 0 }],
    ['lines that stay away', { ...logs, logs: { deliveryFailures: 3, stuck: ['i-1'] } }],
    ['logs that are lost in silence', { ...logs, logs: { deliveryFailures: 0, stuck: [] } }],
  ])('detects %s', (_what, report) => expect(outageProblems([report], 4)).toHaveLength(1));

  it('is a line of the report', () =>
    expect(outageLine(withoutNodes)).toBe(
      "    90 s  image without nodes: 7 launches, 5 decisions 'boot-failure', in service 30 s after it; 0 photos meanwhile",
    ));
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
