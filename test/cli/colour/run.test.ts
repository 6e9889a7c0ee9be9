/** Runs of `colour` in memory, on a virtual clock. */
import { beforeEach, describe, expect, it } from 'vitest';
import { TimedOut, Unreachable, type FinishedPhoto } from '../../../cli/colour/outcome.ts';
import type { Entry } from '../../../cli/colour/journal.ts';
import { sha256 } from '../../../cli/colour/photos.ts';
import type { Job } from '../../../cli/colour/plan.ts';
import { FolderFailed } from '../../../cli/colour/results.ts';
import { run, type RunContext } from '../../../cli/colour/run.ts';
import { Estimates, newTally } from '../../../cli/colour/tally.ts';
import type { PhotoStatus } from '../../../cli/colour/service/service.ts';
import { ApiError } from '../../../client/errors.ts';
import { UserError } from '../../../common/errors.ts';
import { virtualClock } from '../support/clock.ts';
import { away, follow, jobOf, waiting } from '../support/colour-jobs.ts';
import { done, FakeService } from '../support/fake-service.ts';

let service: FakeService;
let entries: Entry[];
let saved: Record<string, string>;
let ended: FinishedPhoto[];
beforeEach(() => {
  service = new FakeService();
  [entries, saved, ended] = [[], {}, []];
});

const started = (jobs: Job[], more: Partial<RunContext> = {}) => {
  const context: RunContext = {
    service,
    journal: { append: (entry) => void entries.push(entry) },
    read: async () => ({ body: Buffer.from('one'), mtimeMs: 1, sha256: 'p', type: 'image/jpeg' }),
    save: async (name, body) => void (saved[name] = body.toString()),
    clock: virtualClock(),
    tally: newTally(jobs.length),
    estimates: new Estimates(),
    abort: new AbortController(),
    width: 2,
    timeoutSeconds: undefined,
    onFinished: (photo) => void ended.push(photo),
    ...more,
  };
  return { context, ended: run(jobs, context) };
};
/** Runs to the end. @returns the run's context */
const through = async (jobs: Job[], more?: Partial<RunContext>) => {
  const { context, ended: end } = started(jobs, more);
  await end;
  return context;
};
const outcomes = () =>
  ended.map(({ job, outcome }) => [job.photo.name, outcome.outcome, 'code' in outcome && outcome.code]);

it('returns at once when nothing is to be done', async () => {
  await through([]);
  await through([
    jobOf('a', { kind: 'done' }),
    jobOf('b', { kind: 'failed', code: 'too-large', message: 'm', before: true }),
  ]);
  expect(outcomes()).toEqual([
    ['a', 'succeeded', false],
    ['b', 'failed', 'too-large'],
  ]);
  expect(ended.every(({ outcome }) => outcome.before)).toBe(true);
});

it('sends the options of the run, and records them', async () => {
  const options = { preset: 'buildings' };
  await through([jobOf('a')], { options });
  expect(service.chosen).toEqual([options]);
  expect(entries.every((entry) => 'options' in entry && entry.options === options)).toBe(true);
});

it('records each step in the journal before it takes it', async () => {
  const { tally } = await through([jobOf('a/b.jpg')]);
  expect(entries.map(({ state, id }) => `${state} ${id}`)).toEqual([
    'announced b.jpg#1',
    'sent b.jpg#1',
    'saving b.jpg#1',
    'succeeded b.jpg#1',
  ]);
  expect(entries.at(-1)).toMatchObject({ name: 'a/b.jpg', result: sha256(Buffer.from('result')) });
  expect(saved).toEqual({ 'a/b.jpg': 'result' });
  expect(tally).toMatchObject({ succeeded: 1, waiting: 0, uploading: 0, bytesSent: 3, bytesReceived: 6 });
});

it('uploads without waiting for results, and polls at most as many photos as its width', async () => {
  const jobs = Array.from({ length: 30 }, (_, k) => jobOf(`${k}`));
  // No photo has an outcome before all have been sent.
  service.looks = () => (service.submitted.length < 30 ? waiting() : done('x'));
  await through(jobs, { width: 3 });
  expect(service.most).toEqual({ sending: 3, asking: 3 });
  expect(ended).toHaveLength(30);
});

describe('a photo is sent again', () => {
  it.each<[why: string, job: Job, look: () => PhotoStatus]>([
    ['it never arrived', follow('a', 'announced'), () => waiting({ uploaded: false })],
    [
      'its link has expired unused',
      follow('a', 'sent'),
      () => ({ status: 'failed', code: 'not-uploaded', message: '', retryable: true }),
    ],
    [
      'it has been deleted',
      follow('a', 'sent'),
      () => ({ status: 'failed', code: 'expired', message: '', retryable: true }),
    ],
    [
      'it has failed and is retryable',
      follow('a', 'failed'),
      () => ({ status: 'failed', code: 'retries-exhausted', message: '', retryable: true }),
    ],
    [
      'the service does not know it',
      follow('a', 'sent'),
      () => {
        throw new ApiError('not-found', 404);
      },
    ],
    [
      'its result is deleted',
      follow('a', 'sent'),
      () => ({ status: 'done', fetch: () => Promise.reject(new ApiError('not-found', 404)) }),
    ],
  ])('when %s', async (_why, job, look) => {
    service.looks = (id) => (id === 'a#0' ? look() : done('x'));
    await through([job]);
    expect(service.submitted).toEqual(['a']);
    expect(outcomes()).toEqual([['a', 'succeeded', false]]);
  });

  it('at most twice', async () => {
    service.looks = () => {
      throw new ApiError('not-found', 404);
    };
    await through([jobOf('a')]);
    expect(service.submitted).toHaveLength(3);
    expect(outcomes()).toEqual([['a', 'failed', 'not-found']]);
  });

  it('unless it is deleted while it waits', async () => {
    let looks = 0;
    service.looks = () => {
      if (looks++ > 0) throw new ApiError('not-found', 404);
      return waiting({ uploaded: true });
    };
    await through([jobOf('a')]);
    expect(service.submitted).toEqual(['a']);
    expect(outcomes()).toEqual([['a', 'failed', 'deleted']]);
  });

  it('unless it arrived, has a result, or failed in this run', async () => {
    service.looks = (id) =>
      id === 'c#0'
        ? { status: 'failed', code: 'retries-exhausted', message: 'm', retryable: true }
        : done('x');
    await through([follow('a', 'announced'), follow('b', 'failed'), follow('c', 'sent')]);
    expect(service.submitted).toEqual([]);
    expect(outcomes()).toContainEqual(['c', 'failed', 'retries-exhausted']);
    expect(entries.find(({ name }) => name === 'c')).toMatchObject({ state: 'failed', retryable: true });
  });
});

it('stops when the folder of results is full, and keeps what is at the service', async () => {
  const full = new FolderFailed('the disk is full');
  const saves: string[] = [];
  const { abort } = await through([jobOf('a'), jobOf('b'), jobOf('c')], {
    width: 1,
    save: async (name) => {
      saves.push(name);
      throw full;
    },
  });
  expect(abort.signal.reason).toBe(full);
  expect([saves, ended]).toEqual([['a'], []]);
});

describe('a photo fails, and the others continue,', () => {
  it('when it is refused, cannot be read, is empty, or its result cannot be written', async () => {
    service.submits = (name) => {
      if (name === 'large') throw new ApiError('too-large', 413, 'size 3: at most 2.');
    };
    await through([jobOf('large'), jobOf('gone'), jobOf('empty'), jobOf('full'), jobOf('good')], {
      read: async ({ name }) => {
        if (name === 'gone') throw new Error('ENOENT: no such file');
        return {
          body: Buffer.from(name === 'empty' ? '' : 'one'),
          mtimeMs: 1,
          sha256: 'p',
          type: 'image/jpeg',
        };
      },
      save: async (name) => {
        if (name === 'full') throw new Error('EISDIR: a folder has its name');
      },
    });
    expect(outcomes().sort()).toEqual([
      ['empty', 'failed', 'unreadable-image'],
      ['full', 'failed', 'not-written'],
      ['gone', 'failed', 'not-read'],
      ['good', 'succeeded', false],
      ['large', 'failed', 'too-large'],
    ]);
    // A later run downloads it again.
    expect(entries.filter(({ name }) => name === 'full').at(-1)?.state).toBe('saving');
  });
});

describe('a run', () => {
  it('stops when the service has not answered for five minutes', async () => {
    service.submits = away;
    const { abort, clock } = await through([jobOf('a'), jobOf('b')]);
    expect(abort.signal.reason).toBeInstanceOf(Unreachable);
    expect(clock.now()).toBeGreaterThanOrEqual(300_000);
    expect(ended).toEqual([]);
  });

  it('continues while the service limits its rate, however long', async () => {
    service.submits = (_name, count) => {
      if (count < 40)
        throw new ApiError('hourly-quota-exceeded', 429, '60 an hour.', { retryAfterSeconds: 1800 });
    };
    const { clock, tally } = await through([jobOf('a')]);
    expect(clock.now()).toBeGreaterThanOrEqual(39 * 1_800_000);
    expect(tally.error?.text).toBe('60 an hour.');
    expect(outcomes()).toEqual([['a', 'succeeded', false]]);
  });

  it('continues when the service is unavailable from time to time', async () => {
    service.looks = (_id, count) =>
      count > 200 ? done('x') : count % 2 ? away() : waiting({ retryAfterSeconds: 60 });
    await through([jobOf('a')]);
    expect(outcomes()).toEqual([['a', 'succeeded', false]]);
  });

  it.each([
    ['its credentials are not accepted', new ApiError('unauthorized', 401)],
    ['the operator has to fix an error', new UserError('Sign in to AWS first.')],
    ['the program has a bug', new TypeError('a bug')],
  ])('stops when %s', async (_why, error) => {
    service.submits = (_name, count) => {
      if (count === 1) throw error;
    };
    const { abort } = await through([jobOf('a'), jobOf('b')], { width: 1 });
    expect(abort.signal.reason).toBe(error);
    expect(ended).toEqual([]);
    expect(service.submitted).toEqual([]);
  });

  it('stops after its time limit', async () => {
    service.looks = () => waiting();
    const { abort } = await through([jobOf('a')], { timeoutSeconds: 30 });
    expect(abort.signal.reason).toBeInstanceOf(TimedOut);
    expect(entries.map(({ state }) => state)).toEqual(['announced', 'sent']);
  });

  it('sends nothing when it was aborted before', async () => {
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await through([jobOf('a')], { abort });
    expect(service.submitted).toEqual([]);
  });
});

it('estimates the time left by the photo that was sent last', async () => {
  let asked = 0;
  service.looks = (id) => {
    if (id === '9#1') asked++;
    const seconds = Number(id.split('#')[0]) * 10;
    return context.clock.now() < seconds * 1000 ? waiting({ seconds, retryAfterSeconds: 5 }) : done('x');
  };
  const left: (number | undefined)[] = [];
  const jobs = Array.from({ length: 10 }, (_, k) => jobOf(`${k}`));
  const { context, ended: end } = started(jobs, {
    width: 1,
    onFinished: () => void left.push(context.estimates.secondsLeft(context.clock.now())),
  });
  await end;
  expect(Math.max(...left.map((one) => one ?? 0))).toBeGreaterThan(60);
  expect(left.at(-1)).toBeUndefined();
  expect(asked).toBeGreaterThan(1);
});
