/** Summary and progress line of a run. */
import { describe, expect, it } from 'vitest';
import { Progress } from '../../common/progress.ts';
import { Recorder } from '../../local/run/recorder.ts';
import type { StartOptions } from '../../local/options.ts';
import { nextText } from '../../local/run/next.ts';
import { percentile, progressLine, summarise, summaryText, timelineText } from '../../local/run/summary.ts';

const row = (t: number, desired: number, inService: number, visible = 5) => ({
  t,
  visible,
  inFlight: 1,
  desired,
  inService,
  onDemand: 0,
  stopped: 0,
  pending: 0,
  draining: 0,
  reason: desired > 0 ? 'scale-out' : null,
});

function recorded() {
  let now = 1000;
  const recorder = new Recorder({ standIn: true, comfyui: 'stand-in', stage: 'local' }, () => now);
  recorder.update((state) => {
    state.photos = { submitted: 3, succeeded: 1, failed: 1, lost: 1 };
    state.timeline.push(row(0, 0, 0), row(1, 3, 0), row(2, 3, 2), row(3, 3, 2), row(4, 0, 1));
    state.waits.push({ photo: 'a', t: 1, seconds: 2 }, { photo: 'b', t: 2, seconds: 5 });
    state.failures.push({ key: 'b', code: 'unreadable-image', message: 'It is torn.' });
    state.instances.push({ id: 'i-1', state: 'Terminating:Wait', since: 0, market: 'spot' });
  });
  now = 13_340;
  return recorder;
}

describe('summarise', () => {
  it('has the documented fields', () => {
    const summary = summarise(recorded().current());
    expect(summary).toMatchObject({
      photos: { submitted: 3, succeeded: 1, failed: 1, lost: 1 },
      wait: { mean: 3.5, p95: 4.9 },
      fleet: { peak: 2, final: 1 },
      seconds: 12.3,
    });
    expect(summary.fleet.timeline).toHaveLength(5);
    expect(Object.keys(summary.fleet.timeline[0] ?? {})).toEqual([
      't',
      'visible',
      'inFlight',
      'desired',
      'inService',
      'onDemand',
      'stopped',
      'reason',
    ]);
  });

  it('says what was on demand and what is stopped, where there is any', () => {
    const recorder = recorded();
    const fleetLine = () =>
      summaryText(summarise(recorder.current()), []).find((line) => line.startsWith('fleet'));
    expect(fleetLine()).toBe('fleet: 0 -> 2 -> 1 instances');
    recorder.update((state) => {
      state.timeline.push({ ...row(5, 3, 3), onDemand: 2 });
      state.warm.push({ id: 'i-2', state: 'Warmed:Stopped', since: 0, market: 'on-demand' });
    });
    expect(fleetLine()).toBe('fleet: 0 -> 3 -> 1 instances, of which 2 on demand at most; 1 stopped');
  });

  it('has no wait when no photo was started', () => {
    const recorder = new Recorder({ standIn: false, comfyui: 'x', stage: 'local' });
    expect(summarise(recorder.current()).wait).toEqual({ mean: null, p95: null });
  });

  it('stops its clock when the run ends', () => {
    let now = 0;
    const recorder = new Recorder({ standIn: false, comfyui: 'x', stage: 'local' }, () => now);
    now = 5000;
    recorder.end();
    now = 60_000;
    expect(summarise(recorder.current()).seconds).toBe(5);
  });
});

it.each([
  [[], 0.95, null],
  [[7], 0.95, 7],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[10, 0], 0.95, 9.5],
])('the percentile of %j at %d is %j', (values, p, expected) => expect(percentile(values, p)).toBe(expected));

it('prints the rows at which the fleet changed, and every failure', () => {
  const state = recorded().current();
  const summary = summarise(state);
  expect(timelineText(summary.fleet.timeline).map((line) => line.trim().split(/ {2,}/)[0])).toEqual([
    'time',
    '0 s',
    '1 s',
    '2 s',
    '4 s',
  ]);
  expect(summaryText(summary, state.failures).join('\n')).toContain('b: unreadable-image, It is torn.');
  expect(summaryText(summary, state.failures)[0]).toBe('3 photos submitted: 1 coloured, 1 failed, 1 lost');
});

describe('Progress', () => {
  const stream = (isTTY: boolean) => {
    const written: string[] = [];
    const out = {
      isTTY,
      columns: 60,
      write: (text: string) => written.push(text),
    } as unknown as NodeJS.WriteStream;
    return { out, written };
  };

  it('redraws one line on a terminal, within its width', () => {
    const { out, written } = stream(true);
    const progress = new Progress(out, () => 0);
    const state = recorded().current();
    progress.line(progressLine(state));
    progress.line(progressLine(state));
    progress.print('done');
    expect(written.slice(0, 2).every((text) => text.startsWith('\r\x1b[K') && !text.includes('\n'))).toBe(
      true,
    );
    expect((written[0] ?? '').slice(4).length).toBeLessThan(60);
    expect(written.slice(2)).toEqual(['\r\x1b[K', 'done\n']);
  });

  it('prints changed lines only, with a minimum interval, when the output is not a terminal', () => {
    let now = 0;
    const { out, written } = stream(false);
    const progress = new Progress(out, () => now);
    const recorder = recorded();
    progress.line(progressLine(recorder.current()));
    now = 1000;
    recorder.update((state) => void state.photos.succeeded++);
    progress.line(progressLine(recorder.current()));
    expect(written).toHaveLength(1);
    now = 6000;
    progress.line(progressLine(recorder.current()));
    now = 12_000;
    progress.line(progressLine(recorder.current()));
    expect(written).toHaveLength(2);
    expect(written.join('')).not.toMatch(/[\r\x1b]/);
  });
});

it.each<[options: Partial<StartOptions>, shown: RegExp[], hidden: RegExp[]]>([
  [{}, [/--photos FOLDER/, /--comfyui local/, /cost$/, /first-deploy/], []],
  [{ photos: 'album' }, [/--comfyui local/], [/--photos/]],
  [{ comfyui: 'local' }, [/--photos FOLDER/], [/--comfyui/]],
])('after a run with %j the commands of what it has not shown follow', (options, shown, hidden) => {
  const text = nextText({ count: 60, ...options });
  for (const words of shown) expect(text).toContainEqual(expect.stringMatching(words));
  for (const words of hidden) expect(text.join('\n')).not.toMatch(words);
});

it('a run that is kept suggests nothing at its end', () => {
  expect(nextText({ count: 60, keep: true })).toEqual([]);
});
