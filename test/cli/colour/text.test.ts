/** Progress line, summary and reports of a run. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { failure, type FinishedPhoto, type PhotoOutcome } from '../../../cli/colour/outcome.ts';
import type { Job } from '../../../cli/colour/plan.ts';
import { reportOf } from '../../../cli/colour/report.ts';
import { newTally, type Tally } from '../../../cli/colour/tally.ts';
import { summaryLines, progressLine, type RunSummary } from '../../../cli/colour/text.ts';
import { duration } from '../../../cli/shared/format.ts';

const tally = (more: Partial<Tally> = {}): Tally => ({ ...newTally(20), ...more });
const job = (name: string): Job => ({
  photo: { path: `in/${name}`, name, size: 3, mtimeMs: 1 },
  source: `../in/${name}`,
  step: { kind: 'send' },
});
const finished = (name: string, outcome: PhotoOutcome): FinishedPhoto => ({
  job: job(name),
  outcome,
  id: 'x',
  seconds: 2,
});

it.each([
  [0.4, '0 s'],
  [89, '89 s'],
  [90, '2 min'],
  [3600, '60 min'],
  [7200, '2 h'],
])('%s s are %s', (seconds, text) => expect(duration(seconds)).toBe(text));

describe('the progress line', () => {
  const line = (more: Partial<Tally>, left?: number) => progressLine(tally(more), left, 0, 12_400);

  it('has the counts and the bytes', () => {
    expect(
      line({ succeeded: 5, failed: 1, waiting: 10, uploading: 4, bytesSent: 34e6, bytesReceived: 1.26e6 }),
    ).toBe(' 12 s  coloured 5, failed 1, waiting 10, uploading 4 of 20  34 MB sent, 1.3 MB received');
  });

  it('estimates the time left, a lower limit while photos are not sent', () => {
    expect(line({ succeeded: 5, waiting: 15 }, 40)).toMatch(/ {2}about 40 s left$/);
    expect(line({ succeeded: 5, waiting: 14 }, 400)).toMatch(/ {2}at least 7 min left$/);
    expect(line({ waiting: 20 }, 0)).toMatch(/about 1 s left$/);
  });

  it('shows the current error until its retry', () => {
    const error = { text: '60 photos an hour are taken.', untilMs: 12_400 + 1_800_000 };
    expect(line({ error })).toMatch(/ {2}60 photos an hour are taken\. Trying again in 30 min\.$/);
    expect(line({ error: { ...error, untilMs: 12_000 } })).toMatch(/received$/);
  });
});

const failures = [
  finished('a.jpg', failure('too-large', 'More bytes than are taken.')),
  finished('b/c.jpg', failure('retries-exhausted', 'Five attempts.', true)),
  finished('d.jpg', failure('unreadable-image', 'Damaged.', false, true)),
];
const summary = (more: Partial<RunSummary> = {}): RunSummary => ({
  tally: tally({ succeeded: 16, failed: 3, before: 2, bytesSent: 5e6 }),
  failures,
  open: [job('e.jpg')],
  stopped: 'Interrupted.',
  skipped: [],
  folder: './coloured',
  seconds: 61,
  ...more,
});

it('the summary has counts, folder, failures and how to continue', () => {
  expect(summaryLines(summary())).toEqual([
    '20 photos: 16 coloured, 3 failed, 1 open (2 by earlier runs). 5.0 MB sent, 0.0 MB received in 61 s.',
    'Results: ./coloured',
    'Not coloured:',
    '  a.jpg: More bytes than are taken. (too-large)',
    '  b/c.jpg: Five attempts. (retries-exhausted; another run may succeed)',
    '  d.jpg: Damaged. (unreadable-image; failed in an earlier run, --retry sends it again)',
    'Interrupted.',
    'The same command continues with the open photos.',
  ]);
  const one = summary({
    tally: { ...newTally(1), succeeded: 1 },
    failures: [],
    open: [],
    stopped: undefined,
  });
  expect(summaryLines(one)[0]).toMatch(/^1 photo: 1 coloured, 0 failed\. /);
});

it('the summary says what is to be said of photos that succeeded', () => {
  const remarked = [
    finished('scan.tif', { outcome: 'succeeded', before: false, remarks: ['first-of-several'] }),
    finished('page.png', {
      outcome: 'succeeded',
      before: false,
      remarks: ['first-of-several', 'no-room-for-colour'],
    }),
  ];
  expect(summaryLines(summary({ remarked })).slice(2, 5)).toEqual([
    'Remarks:',
    '  scan.tif: the file has more pages or frames; this is the first',
    '  page.png: the file has more pages or frames; this is the first; black, white or nearly so: there is no room for colour, and the result is the photo itself',
  ]);
});

describe('a report', () => {
  const said = (kind: { json?: boolean; quiet?: boolean }) => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const streams = { out, err } as unknown as Parameters<typeof reportOf>[2];
    const report = reportOf({ json: false, quiet: false, ...kind }, './coloured', streams);
    report.say('Left out: 1.');
    report.progress(' 12 s  x');
    report.finished(finished('ok.jpg', { outcome: 'succeeded', before: false }));
    for (const one of failures) report.finished(one);
    report.close(summary(), 130);
    return { out: String(out.read() ?? ''), err: String(err.read() ?? '') };
  };

  it('is text by default', () => {
    const { out, err } = said({});
    expect(err).toBe('');
    expect(out).toMatch(/^Left out: 1\.\n 12 s {2}x\n20 photos: [^]*open photos\.\n$/);
  });

  it('is one line of JSON for each photo, and one for the summary, with --json', () => {
    const { out, err } = said({ json: true });
    expect(err).toBe('Interrupted.\n');
    const photo = { type: 'photo', before: false, id: 'x', seconds: 2 };
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { ...photo, photo: 'in/ok.jpg', name: 'ok.jpg', outcome: 'succeeded', result: 'coloured/ok.jpg' },
      {
        ...photo,
        photo: 'in/a.jpg',
        name: 'a.jpg',
        outcome: 'failed',
        code: 'too-large',
        message: 'More bytes than are taken.',
        retryable: false,
      },
      {
        ...photo,
        photo: 'in/b/c.jpg',
        name: 'b/c.jpg',
        outcome: 'failed',
        code: 'retries-exhausted',
        message: 'Five attempts.',
        retryable: true,
      },
      {
        ...photo,
        photo: 'in/d.jpg',
        name: 'd.jpg',
        outcome: 'failed',
        code: 'unreadable-image',
        message: 'Damaged.',
        retryable: false,
        before: true,
      },
      { type: 'photo', photo: 'in/e.jpg', name: 'e.jpg', outcome: 'open' },
      {
        type: 'summary',
        exit: 130,
        photos: 20,
        succeeded: 16,
        failed: 3,
        skipped: 0,
        open: 1,
        before: 2,
        bytesSent: 5e6,
        bytesReceived: 0,
        seconds: 61,
        folder: './coloured',
        stopped: 'Interrupted.',
      },
    ]);
  });

  it('has failures only with --quiet', () => {
    const { out, err } = said({ quiet: true });
    expect(out).toBe('');
    expect(err).toMatch(/^a\.jpg: More[^]*\n20 photos:[^]*Interrupted\.\nThe same command continues/);
    expect(err.match(/More bytes/g)).toHaveLength(1);
  });
});
