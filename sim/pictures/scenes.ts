/** What the pictures of docs/scaling.md show: runs of the deployed policy over time. */
import { laneOf } from '../bound/lane.ts';
import type { DecisionRow, Run } from '../engine/types.ts';
import type { PoolName } from '../../lambda/scaler/policy/pools/pool-name.ts';
import { policyOf } from '../policies/index.ts';
import { runPolicy } from '../result.ts';
import { scenarios, type Scenario } from '../scenario.ts';
import type { WorldChanges, WorldName } from '../world.ts';
import type { Axis, Line, Panel } from './plot.ts';

export const COLOURS = {
  work: '#64748b',
  fleet: '#2563eb',
  asked: '#ea7a17',
  waiting: '#b91c1c',
  bound: '#111',
  onDemand: '#0d9488',
  bulk: '#7c3aed',
};

export interface Scene {
  run: Run;
  scenario: Scenario;
  /** Seconds of an instance per photo. */
  service: number;
}

/** One run with the seed 1. */
export async function sceneOf(trace: string, world: WorldName, changes: WorldChanges = {}): Promise<Scene> {
  const scenario = (await scenarios({ trace, world, with: changes }))(1);
  const { run } = await runPolicy(scenario, policyOf('slo', [], scenario.world), { keepDecisions: true });
  const { service, slots } = laneOf(scenario.world, 1);
  return { run, scenario, service: service / slots };
}

/** Arrivals in each half minute, as the instances that they would keep busy. */
export function workOf({ run, service }: Scene, from: number, to: number): [number, number][] {
  const step = 30;
  const counts = new Float64Array(Math.ceil((to - from) / step));
  for (const arrival of run.arrivals) {
    const k = Math.floor((arrival - from) / step);
    if (k >= 0 && k < counts.length) (counts[k] as number)++;
  }
  return [...counts].map((count, k) => [from + k * step, (count * service) / step]);
}

/** Instances in service over time. @param pool of that pool alone */
export function fleetOf({ run }: Scene, from: number, to: number, pool?: PoolName): [number, number][] {
  const changes = run.instances
    .filter((one) => pool === undefined || one.pool === pool)
    .flatMap(({ ready, stopped, draining }): [number, number][] => [
      [ready, 1],
      [ready === Infinity ? Infinity : Math.min(stopped, draining), -1],
    ])
    .filter(([at]) => at <= to)
    .sort((a, b) => a[0] - b[0]);
  let count = 0;
  const points: [number, number][] = [];
  for (const [at, change] of changes) {
    count += change;
    if (at <= from) points.length = 0;
    points.push([Math.max(at, from), count]);
  }
  return [...points, [to, count]];
}

const clock: Axis['text'] = (value) =>
  `${Math.floor((value % 86_400) / 3600)}:${String(Math.floor((value % 3600) / 60)).padStart(2, '0')}`;
const within = (run: Run, from: number, to: number) =>
  run.decisions.filter(({ at }) => at >= from && at <= to);
const minutes: Axis['text'] = (value) => String(Math.round(value / 60));

export interface Window {
  from: number;
  to: number;
  step: number;
  most: number;
  ticks: number[];
}
export const xOf = ({ from, to, step }: Window, label: string, text = minutes): Axis => ({
  ...{ label, from, to, text },
  ticks: Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, k) => from + k * step),
});

const asked = (rows: DecisionRow[]): Line => ({
  ...{ label: 'requested', colour: COLOURS.asked, form: 'steps', dash: '4 3' },
  points: rows.map(({ at, after }) => [at, after]),
});

/** Fleet against the work that arrives, and under it what waits. */
export async function surge(title: string, world: WorldName, window: Window): Promise<[Panel, Panel]> {
  const scene = await sceneOf('viral', world);
  const { from, to, most, ticks } = window;
  const rows = within(scene.run, from, to);
  const x = xOf(window, 'minutes');
  const lines: Line[] = [
    { label: 'work that arrives', colour: COLOURS.work, form: 'area', points: workOf(scene, from, to) },
    asked(rows),
    { label: 'in service', colour: COLOURS.fleet, form: 'steps', points: fleetOf(scene, from, to) },
  ];
  const waiting: Line = {
    ...{ label: 'waiting', colour: COLOURS.waiting, form: 'line' },
    points: rows.map(({ at, visible }) => [at, (visible * scene.service) / 60]),
  };
  return [
    { title, x, y: { label: 'instances', from: 0, to: most, ticks }, lines },
    {
      title: 'What waits, as minutes of work of one instance',
      x,
      y: { label: 'minutes', from: 0, to: 60, ticks: [0, 15, 30, 45, 60] },
      lines: [waiting],
    },
  ];
}

/** What the rule adds up at each tick of the surge. */
export async function need(window: Window): Promise<Panel> {
  const { run } = await sceneOf('viral', 'article');
  const { from, to, most, ticks } = window;
  const rows = within(run, from, to);
  return {
    title: 'What the rule computes at each tick',
    x: xOf(window, 'minutes'),
    y: { label: 'instances', from: 0, to: most, ticks },
    lines: [
      {
        ...{ label: 'load: for what arrives', colour: COLOURS.work, form: 'area' },
        points: rows.map(({ at, details }) => [at, details?.calculation?.load ?? 0]),
      },
      {
        ...{ label: 'needed: with the queue', colour: COLOURS.waiting, form: 'steps' },
        points: rows.map(({ at, needed = 0 }) => [at, needed]),
      },
      asked(rows),
    ],
  };
}

/** A morning of a fleet that may sleep. */
export async function sleeping(title: string, world: WorldName, day: number): Promise<Panel> {
  const scene = await sceneOf('quiet', world);
  const from = day * 86_400 + 8 * 3600;
  const to = from + 5 * 3600;
  const photos = scene.run.arrivals.filter((at) => at >= from && at <= to);
  return {
    title,
    x: xOf({ from, to, step: 1800, most: 2, ticks: [] }, 'time of day', clock),
    y: { label: 'instances', from: 0, to: 2, ticks: [0, 1, 2] },
    lines: [
      {
        ...{ label: 'a photo arrives', colour: COLOURS.waiting, form: 'steps' },
        points: [...photos].flatMap((at): [number, number][] => [
          [at, 0],
          [at, 0.5],
          [at, 0],
        ]),
      },
      { label: 'in service', colour: COLOURS.fleet, form: 'steps', points: fleetOf(scene, from, to) },
    ],
  };
}
