/** `simulate pictures`: the pictures of docs/scaling.md, docs/pools.md and docs/lanes.md, from runs of the simulator. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needCheckout } from '../../common/checkout.ts';
import { printLine } from '../../common/terminal.ts';
import type { Progress } from '../progress.ts';
import { sameWork } from '../scenario.ts';
import { worldOf } from '../world.ts';
import { frontier } from './frontier.ts';
import { picture, type Panel } from './plot.ts';
import { album, pools } from './pools-and-lanes.ts';
import { need, sleeping, surge } from './scenes.ts';

const ARTICLE = 'Jobs of 6 s, one at a time';
const OWN = 'Photos of 0.16 s, with the lanes of the worker';
/** Around the quarter of an hour of `viral`, seconds. */
const SURGE = { from: 3300, to: 5700, step: 300, most: 28, ticks: [0, 5, 10, 15, 20, 25] };

/** The same, and the hour after it. */
const BURST = { from: 2700, to: 7500, step: 600, most: 24, ticks: [0, 6, 12, 18, 24] };
/** Three in the morning of the second day of `quiet`. */
const NIGHT = 86_400 + 3 * 3600;

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
  write(
    'pools.svg',
    picture(
      columns([
        await pools('No Spot from minute 50 to 90', { spotShortage: '3000:5400' }, BURST),
        await pools(
          'The same, with 20 stopped instances',
          { spotShortage: '3000:5400', fastTier: 20 },
          BURST,
        ),
      ]),
    ),
  );
  write(
    'lanes.svg',
    picture(
      columns([
        await album('An album half an hour before a burst', 'viral', 1800, {
          ...{ from: 1500, to: 6300, step: 600, most: 24, ticks: [0, 6, 12, 18, 24] },
        }),
        await album('The same on a sleeping fleet', 'quiet', NIGHT, {
          ...{ from: NIGHT - 300, to: NIGHT + 4500, step: 600, most: 6, ticks: [0, 2, 4, 6] },
        }),
      ]),
    ),
  );
  const morning = await sleeping('A quiet morning of a fleet that may sleep', 'clean', 2);
  write('scaling-sleep.svg', picture([[morning]], { width: 980, height: 170 }));
  const both = [
    await frontier(ARTICLE, 'article', 1, progress),
    await frontier(OWN, 'clean', perInstance, progress),
  ];
  write('scaling-frontier.svg', picture([both], { width: 980, height: 340 }));
}
