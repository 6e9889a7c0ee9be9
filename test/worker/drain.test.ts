import { expect, it } from 'vitest';
import { pause } from '../../common/time.ts';
import { drainController } from '../../worker/instance/drain.ts';

it('a drain signal is aborted with the worker, before or after', () => {
  const stop = new AbortController();
  const before = drainController(stop.signal);
  stop.abort('stops');
  expect([before, drainController(stop.signal)].map(({ signal }) => signal.reason as string)).toEqual([
    'stops',
    'stops',
  ]);
});

it('Node warns of nothing, however many photos wait and however often the instance recovers', async () => {
  const warnings: string[] = [];
  const warned = ({ message }: Error) => void warnings.push(message);
  process.on('warning', warned);
  try {
    const stop = new AbortController();
    const drains = Array.from({ length: 20 }, () => drainController(stop.signal));
    for (let k = 0; k < 20; k++) drains[0]!.signal.addEventListener('abort', () => undefined);
    // A warning comes in the next turn.
    await pause(0);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', warned);
  }
});
