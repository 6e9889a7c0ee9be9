/** `simulate pictures`: the pictures of docs/scaling.md and docs/simulator.md, from runs of the simulator. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needCheckout } from '../../common/checkout.ts';
import { printLine } from '../../common/terminal.ts';
import type { Progress } from '../progress.ts';
import { sameWork } from '../scenario.ts';
import { worldOf } from '../world.ts';
import { frontier } from './frontier.ts';
import { picture, type Panel } from './plot.ts';
import { need, sleeping, surge } from './scenes.ts';

const ARTICLE = 'Jobs of 6 s, one at a time';
const OWN = 'Photos of 0.16 s, with the lanes of the worker';
/** Around the quarter of an hour of `viral`, seconds. */
const SURGE = { from: 3300, to: 5700, step: 300, most: 28, ticks: [0, 5, 10, 15, 20, 25] };

const columns = (panels: [Panel, Panel][]): Panel[][] => [
  panels.map(([top]) => top),
  panels.map(([, under]) => under),
];

export async function pictures(progress: Progress): Promise<void> {
  const folder = join(needCheckout('simulate pictures', 'docs/images'), 'docs', 'images');
  const write = (name: string, made: string) => {
    progress.clear();
    writeFileSync(join(folder, name), made);
    printLine(`written: docs/images/${name}`);
  };
  const { worker } = worldOf('clean');
  const perInstance = worker ? sameWork(worker) : 1;
  write('scaling-need.svg', picture([[await need({ ...SURGE, most: 32 })]]));
  write(
    'scaling-surge.svg',
    picture(columns([await surge(ARTICLE, 'article', SURGE), await surge(OWN, 'clean', SURGE)])),
  );
  const morning = await sleeping('A quiet morning of a fleet that may sleep', 'clean', 2);
  write('scaling-sleep.svg', picture([[morning]], { width: 980, height: 170 }));
  const both = [
    await frontier(ARTICLE, 'article', 1, progress),
    await frontier(OWN, 'clean', perInstance, progress),
  ];
  write('scaling-frontier.svg', picture([both], { width: 980, height: 340 }));
}
