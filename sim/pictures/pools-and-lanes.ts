/** What the pictures of docs/pools.md and docs/lanes.md show: two pools in a burst, and an album in the bulk lane. */
import type { BulkRun } from '../engine/types.ts';
import type { WorldChanges } from '../world.ts';
import type { Line, Panel } from './plot.ts';
import { COLOURS, fleetOf, sceneOf, workOf, xOf, type Scene, type Window } from './scenes.ts';

/** In service at the start of a window of an empty fleet. */
const counted = (points: [number, number][], from: number): [number, number][] => [[from, 0], ...points];

/** The instances of each pool in a burst, and what waits under it. */
export async function pools(title: string, changes: WorldChanges, window: Window): Promise<[Panel, Panel]> {
  const scene = await sceneOf('viral', 'real', { service: 6, ...changes });
  const { from, to, most, ticks } = window;
  const x = xOf(window, 'minutes');
  const rows = scene.run.decisions.filter(({ at }) => at >= from && at <= to);
  const spot = fleetOf(scene, from, to, 'spot');
  const onDemand = fleetOf(scene, from, to, 'on-demand');
  return [
    {
      ...{ title, x, y: { label: 'instances', from: 0, to: most, ticks } },
      lines: [
        { label: 'work that arrives', colour: COLOURS.work, form: 'area', points: workOf(scene, from, to) },
        { label: 'in service on Spot', colour: COLOURS.fleet, form: 'steps', points: counted(spot, from) },
        {
          ...{ label: 'in service on demand', colour: COLOURS.onDemand, form: 'steps' },
          points: counted(onDemand, from),
        },
      ],
    },
    {
      ...{
        title: 'Photos that wait',
        x,
        y: { label: 'photos', from: 0, to: 600, ticks: [0, 200, 400, 600] },
      },
      lines: [
        {
          ...{ label: 'waiting', colour: COLOURS.waiting, form: 'line' },
          points: rows.map(({ at, visible }) => [at, visible]),
        },
      ],
    },
  ];
}

/** Photos of an album that have not started, in minutes of work of one instance. */
function albumOf({ arrivals, starts }: BulkRun, service: number, from: number, to: number): Line {
  const changes = [...arrivals].map((at): [number, number] => [at, 1]);
  for (const at of starts) changes.push([at, -1]);
  changes.sort((a, b) => a[0] - b[0]);
  const step = (to - from) / 300;
  const points: [number, number][] = [];
  let [waiting, next] = [0, 0];
  for (let at = from; at <= to; at += step) {
    for (; (changes[next]?.[0] ?? Infinity) <= at; next++) waiting += changes[next]?.[1] ?? 0;
    points.push([at, (waiting * service) / 60]);
  }
  return { label: 'album: waiting', colour: COLOURS.bulk, form: 'line', points };
}

const interactiveOf = ({ run, service }: Scene, from: number, to: number): Line => ({
  ...{ label: 'interactive: waiting', colour: COLOURS.waiting, form: 'line' },
  points: run.decisions
    .filter(({ at }) => at >= from && at <= to)
    .map(({ at, visible }) => [at, (visible * service) / 60]),
});

/** An album of 5,000 photos beside interactive ones: the fleet, and under it what waits in each lane. */
export async function album(
  title: string,
  trace: string,
  at: number,
  window: Window,
): Promise<[Panel, Panel]> {
  const scene = await sceneOf(trace, 'clean', { bulk: `5000@${at}` });
  const { from, to, most, ticks } = window;
  const { run, service } = scene;
  if (!run.bulk) throw new Error('the run has no bulk lane');
  const x = xOf(window, 'minutes', (value) => String(Math.round((value - from) / 60)));
  const deadline = at + scene.scenario.world.bulkDeadline;
  const due = (top: number): Line => ({
    ...{ label: "the album's deadline", colour: COLOURS.bound, form: 'line', dash: '2 4' },
    points: [
      [deadline, 0],
      [deadline, top],
    ],
  });
  return [
    {
      ...{ title, x, y: { label: 'instances', from: 0, to: most, ticks } },
      lines: [
        { label: 'interactive work', colour: COLOURS.work, form: 'area', points: workOf(scene, from, to) },
        {
          ...{ label: 'in service', colour: COLOURS.fleet, form: 'steps' },
          points: counted(fleetOf(scene, from, to), from),
        },
        due(most),
      ],
    },
    {
      ...{ title: 'What waits, as minutes of work of one instance', x },
      y: { label: 'minutes', from: 0, to: 30, ticks: [0, 10, 20, 30] },
      lines: [interactiveOf(scene, from, to), albumOf(run.bulk, service, from, to), due(30)],
    },
  ];
}
