/** deletePhoto over PhotoApi: what each answer of the service means. */
import { describe, expect, it } from 'vitest';
import { PhotoApi } from '../../client/api.ts';
import { deletePhoto } from '../../client/delete.ts';
import { testClock } from './support/clock.ts';

const ID = 'fQVVjq8l5akCGUXBjuiEhQ';
const problem = (status: number, code: string): [number, object] => [status, { code, detail: 'why' }];

/** @param answers one for each request */
function service(...answers: [status: number, body: object][]) {
  const requests: string[] = [];
  const fetch: typeof globalThis.fetch = (url, init) => {
    requests.push(`${init?.method} ${url as string}`);
    const [status, body] = answers[requests.length - 1]!;
    return Promise.resolve(Response.json(body, { status }));
  };
  return { api: new PhotoApi('https://a.example/', { fetch }), requests };
}

describe('deletePhoto', () => {
  it.each([
    ['cancelled', [[200, { id: ID, status: 'cancelled' }]]],
    ['deleted', [[200, { id: ID, status: 'deleted' }]]],
    ['gone', [problem(404, 'not-found')]],
    // The first answer was lost.
    ['gone', [problem(503, 'unavailable'), problem(404, 'not-found')]],
  ] as [string, [number, object][]][])('%s', async (expected, answers) => {
    const { api, requests } = service(...answers);
    expect(await deletePhoto(api, ID, { clock: testClock(0, 0) })).toBe(expected);
    expect(requests).toEqual(answers.map(() => `DELETE https://a.example/photos/${ID}`));
  });

  it.each([
    ['without credentials', problem(401, 'unauthorized'), 'unauthorized'],
    ['about another photo', [200, { id: 'other', status: 'deleted' }], 'unavailable'],
    ['of an unknown kind', [200, { id: ID, status: 'kept' }], 'unavailable'],
  ] as [string, [number, object], string][])('an answer %s is an error', async (_case, answer, code) => {
    const { api } = service(answer);
    const stop = () => {
      throw Object.assign(new Error('stop'), { code: 'unavailable' });
    };
    await expect(deletePhoto(api, ID, { clock: testClock(0, 0), onRetry: stop })).rejects.toMatchObject({
      code,
    });
  });
});
