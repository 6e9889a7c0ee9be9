/** `logs`: lines of instances and functions, by upload, and as they come. */
import { describe, expect, it } from 'vitest';
import { lineOf, lineText, type LogEvent } from '../../../cli/logs/line.ts';
import { follow, showOnce, type ShowOptions } from '../../../cli/logs/show.ts';
import { Interrupted } from '../../../common/errors.ts';

const AT = Date.parse('2026-11-28T07:12:01.000Z');
const worker = (event: string, more: object = {}, ms = 250) =>
  JSON.stringify({ time: new Date(AT + ms).toISOString(), level: 'info', instance: 'i-1', event, ...more });
const event = (text: string, origin = 'i-1', at = AT): LogEvent => ({ at, origin, text });

describe('a line', () => {
  it.each<[string, LogEvent, string]>([
    [
      'of the worker',
      event(worker('photo-started', { photo: 'p', trace: 't', receiveCount: 1 })),
      '07:12:01.250 i-1                 photo-started trace=t receiveCount=1',
    ],
    [
      'of the gateway, behind what Lambda adds',
      event('2026-11-28T07:12:01.000Z\tid\tINFO\t{"message":"request-handled","status":201}', 'gateway'),
      '07:12:01.000 gateway             request-handled status=201',
    ],
    [
      'of the kernel',
      event('{"level":"error","source":"kernel","message":"NVRM: Xid 79"}'),
      '07:12:01.000 i-1                 error NVRM: Xid 79 source=kernel',
    ],
    ['that is no JSON', event('Task timed out', 'scaler'), '07:12:01.000 scaler              Task timed out'],
    ['with a brace that is no JSON', event('a {b'), '07:12:01.000 i-1                 a {b'],
  ])('%s', (_what, given, text) => expect(lineText(lineOf(given)!)).toBe(text));

  it.each(['START RequestId: 1', 'END RequestId: 1', 'REPORT RequestId: 1', 'INIT_START Runtime'])(
    'of Lambda about a run is left out: %s',
    (text) => expect(lineOf(event(text))).toBeUndefined(),
  );
});

describe('showing', () => {
  const options = (printed: string[], byTrace: boolean): ShowOptions => ({
    term: 'x',
    from: 0,
    byTrace,
    print: (_, text) => printed.push(text),
    heading: (text) => printed.push(text),
  });

  it('has the uploads of a photo one after the other, each by the time of its lines', async () => {
    const printed: string[] = [];
    const events = [
      event(worker('photo-finished', { trace: 'one' }, 900)),
      event(worker('photo-started', { trace: 'two' }, 500), 'i-2'),
      event(worker('photo-started', { trace: 'one' }, 100)),
    ];
    expect(await showOnce(() => Promise.resolve(events), options(printed, true))).toBe(3);
    expect(printed.map((text) => text.replace(/ +/g, ' ').slice(0, 40))).toEqual([
      'trace one',
      '07:12:01.100 i-1 photo-started',
      '07:12:01.900 i-1 photo-finished',
      'trace two',
      '07:12:01.500 i-2 photo-started',
    ]);
  });

  it('follows: no line twice, and lines that arrive late', async () => {
    const printed: string[] = [];
    const pages = [
      [event('a'), event('b', 'i-1', AT + 60_000)],
      [event('b', 'i-1', AT + 60_000), event('late', 'i-2', AT + 40_000)],
      [event('c', 'i-1', AT + 90_000)],
    ];
    const asked: number[] = [];
    let polls = 0;
    const clock = {
      now: () => AT,
      random: () => 0,
      sleep: () => (++polls < pages.length ? Promise.resolve() : Promise.reject(new Interrupted())),
    };
    const read = ({ from }: { from: number }) => {
      asked.push(from);
      return Promise.resolve(pages[polls] ?? []);
    };
    const following = follow(read, options(printed, false), clock, new AbortController().signal);
    await expect(following).rejects.toThrow(Interrupted);
    expect(printed.map((text) => text.split(' ').at(-1))).toEqual(['a', 'b', 'late', 'c']);
    expect(asked).toEqual([0, AT + 30_000, AT + 30_000]);
  });
});
