/** A stage behind CloudFront: only what comes through its distribution is answered, and the viewer is the caller. */
import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ORIGIN_SECRET_HEADER, VIEWER_ADDRESS_HEADER, VIEWER_FUNCTION } from '../../../contract/edge.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import { ROUTES, respond, type Gateway } from '../../../lambda/gateway/routes.ts';
import { createPhotoEvent, eventOf } from './support/events.ts';
import { memoryGateway } from './support/memory.ts';

const NOON = Date.parse('2026-06-01T12:20:00Z') / 1000;
const digestOf = (secret: string) => createHash('sha256').update(secret).digest('hex');
const [OLD, NOW, NEXT] = ['old', 'now', 'next'] as const;
const gateway = () => ({ ...memoryGateway(NOON), originDigests: [NOW, NEXT].map(digestOf) });
/** CloudFront's own addresses are what API Gateway sees. */
const EDGE = '130.176.0.1';

/** Statuses of a photo from each address, as the header has it; all come from one address of CloudFront. */
async function createdBy(one: Gateway, viewers: string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const viewer of viewers) {
    const headers = { [ORIGIN_SECRET_HEADER]: NOW, [VIEWER_ADDRESS_HEADER]: viewer };
    const request = parseRequest(
      createPhotoEvent({ name: 'Oma.jpg', type: 'image/jpeg', size: 1000 }, { headers }),
    );
    statuses.push((await respond(request, one)).statusCode);
  }
  return statuses;
}

describe('a gateway behind CloudFront', () => {
  it.each<[how: string, secret: string | undefined, status: number]>([
    ['the secret in use', NOW, 200],
    ['the next one, which a deploy has just put into use', NEXT, 200],
    ['one that was replaced', OLD, 404],
    ['an empty one', '', 404],
    ['none', undefined, 404],
    ['the digest, which is no secret', digestOf(NOW), 404],
    ['two at once, as a header that is sent twice is joined', `${OLD}, ${NOW}`, 404],
  ])('with %s answers as %j gets: %i', async (_how, secret, statusCode) => {
    const headers: Record<string, string> = secret === undefined ? {} : { [ORIGIN_SECRET_HEADER]: secret };
    const request = parseRequest(eventOf('GET /health', { headers, sourceIp: EDGE }));
    expect(await respond(request, gateway())).toMatchObject({ statusCode });
  });

  it('refuses every route to a request beside CloudFront, whose answer has nothing of the stage', async () => {
    for (const route of ROUTES.keys()) {
      const answer = await respond(parseRequest(eventOf(route, { id: 'a' })), gateway());
      expect([route, answer.statusCode, JSON.parse(answer.body)]).toEqual([
        ...[route, 404],
        expect.objectContaining({ code: 'not-found', detail: 'No resource at this address.' }),
      ]);
    }
  });

  it('limits each viewer, and not CloudFront', async () => {
    const one = gateway();
    one.settings.photosPerHour = 1;
    const statuses = await createdBy(one, ['198.51.100.1', '198.51.100.1', '198.51.100.2']);
    expect(statuses).toEqual([201, 429, 201]);
  });
});

it('a gateway without CloudFront takes no address from a header', async () => {
  const one = memoryGateway(NOON);
  one.settings.photosPerHour = 1;
  expect(await createdBy(one, ['198.51.100.1', '198.51.100.2'])).toEqual([201, 429]);
});

it('the function of CloudFront gives the viewer’s address, and replaces one that the viewer made up', () => {
  const handler = runInNewContext(`${VIEWER_FUNCTION}; handler`) as (event: object) => object;
  const request = (headers: object) => ({ method: 'GET', uri: '/photos/a', headers });
  const event = {
    viewer: { ip: '2001:db8::1' },
    request: request({ accept: { value: '*/*' }, [VIEWER_ADDRESS_HEADER]: { value: '198.51.100.9' } }),
  };
  expect(handler(event)).toEqual(
    request({ accept: { value: '*/*' }, [VIEWER_ADDRESS_HEADER]: { value: '2001:db8::1' } }),
  );
});
