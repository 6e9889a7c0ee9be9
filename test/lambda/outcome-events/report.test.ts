/** Messages of the outcome queue: every message is done or delivered again, whatever fails. */
import { describe, expect, it } from 'vitest';
import { resultKey } from '../../../contract/keys.ts';
import type { OutcomeEvent } from '../../../contract/outcome-event.ts';
import type { Destination, StoredOutcome } from '../../../lambda/outcome-events/ports.ts';
import { report, type ReportPorts } from '../../../lambda/outcome-events/report.ts';

const outcomeOf = (key: string): StoredOutcome => ({
  ...{ key, etag: 'r', bytes: 1, contentType: 'image/png', storedAtMs: 0 },
  metadata: { 'source-etag': 'p' },
});
const message = (name: string, id = name, bucket = 'photos') => ({
  id,
  body: JSON.stringify({
    Records: [
      {
        ...{ eventName: 'ObjectCreated:Put', eventTime: '2026-11-29T00:00:00Z' },
        s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(resultKey(`incoming/${name}`)) } },
      },
    ],
  }),
});
const nameOf = ({ data }: OutcomeEvent) => data.photo.key.replace('incoming/', '');

function setUp(more: Partial<ReportPorts> = {}) {
  const lines: Record<string, unknown>[] = [];
  const sent: string[] = [];
  const recorded: string[] = [];
  const bus: Destination = {
    send: async (events) => {
      sent.push(...events.map(nameOf));
      return new Set();
    },
  };
  const ports: ReportPorts = {
    context: { stage: 'prod', bucket: 'photos' },
    store: { read: async (key) => outcomeOf(key) },
    destinations: [bus],
    sent: { add: async (events) => void recorded.push(...events.map(nameOf)) },
    now: () => 1000,
    log: (line) => lines.push(line),
    ...more,
  };
  return { ports, bus, sent, recorded, lines };
}

const refusing = (...names: string[]): Destination => ({
  send: async (events) => new Set(events.filter((one) => names.includes(nameOf(one))).map(({ id }) => id)),
});

describe('reporting outcomes', () => {
  it('sends an event for each outcome, once for two messages about one', async () => {
    const { ports, sent, lines } = setUp();
    expect(await report([message('a'), message('b c+ä.png'), message('a', 'again')], ports)).toEqual([]);
    expect(sent).toEqual(['a', 'b c+ä.png']);
    expect(lines.map((line) => line.message)).toEqual(['outcome-reported', 'outcome-reported']);
    expect(JSON.stringify(lines)).not.toContain('ä.png');
  });

  it.each<[string, Partial<ReportPorts>, failed: string[]]>([
    [
      'an outcome that cannot be read',
      {
        store: {
          read: async (key) => {
            if (key === 'results/b') throw new Error('S3 is away');
            return outcomeOf(key);
          },
        },
      },
      ['b'],
    ],
    ['an event that the bus refuses', { destinations: [refusing('c')] }, ['c', 'c2']],
    ['one of two destinations that refuses', { destinations: [refusing(), refusing('a')] }, ['a']],
    [
      'a bus that is away',
      { destinations: [{ send: () => Promise.reject(new Error('away')) }] },
      ['a', 'b', 'c', 'c2'],
    ],
    ['an outcome that is gone', { store: { read: async () => undefined } }, []],
  ])('%s: only its messages are delivered again', async (_what, more, failed) => {
    const { ports, lines } = setUp(more);
    const messages = [message('a'), message('b'), message('c'), message('c', 'c2')];
    expect((await report(messages, ports)).sort()).toEqual(failed);
    expect(lines.filter((line) => line.message === 'outcome-not-reported')).toHaveLength(failed.length);
  });

  it.each([
    ['no JSON', 'Mustermann'],
    ['JSON with a slip', '{"Records": "Mustermann'],
    ['another event', JSON.stringify({ Records: [{ eventName: 'Mustermann', s3: 'Mustermann' }] })],
    ['a key that is not encoded', message('Mustermann').body.replace('Mustermann', 'Mustermann%E0%A4')],
    ['a key with NUL', message('Mustermann').body.replace('Mustermann', 'Mustermann%00')],
    ['a key beyond S3’s limit', message('x').body.replace('%2Fx', `%2F${'Mustermann'.repeat(120)}`)],
  ])('logs nothing of a message that is wrong: %s', async (_what, body) => {
    const { ports, lines } = setUp();
    expect(await report([{ id: 'm', body }], ports)).toEqual(['m']);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('Mustermann');
  });

  it('ignores test events and other buckets, and leaves what is no S3 event to the dead-letter queue', async () => {
    const { ports, sent } = setUp();
    const test = { id: 'test', body: JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' }) };
    const bad = { id: 'bad', body: 'hello' };
    expect(await report([test, bad, message('a', 'other', 'elsewhere')], ports)).toEqual(['bad']);
    expect(sent).toEqual([]);
  });
});
