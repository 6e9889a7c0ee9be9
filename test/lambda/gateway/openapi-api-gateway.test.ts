/** Errors that API Gateway answers before the function sees the request. */
import { expect, it } from 'vitest';
import { deviationOf, documentOf } from './support/openapi.ts';

const API_GATEWAY = [413, 429, 500, 503];
it.each([
  ['open', API_GATEWAY],
  ['jwt', [401, ...API_GATEWAY]],
  ['iam', [401, 403, ...API_GATEWAY]],
] as const)('errors of API Gateway itself are in the document with access %s', (access, statuses) => {
  const document = documentOf(access);
  const headers = { 'content-type': 'application/json' };
  const apiGatewayError = (statusCode: number, body: unknown = { message: 'Forbidden' }) => ({
    statusCode,
    headers,
    body: JSON.stringify(body),
  });
  for (const statusCode of statuses) {
    for (const route of ['POST /photos', 'GET /photos/{id}']) {
      // GET has no body.
      const none = statusCode === 413 && route.startsWith('GET');
      const why = deviationOf(document, route, apiGatewayError(statusCode));
      expect(why, `${route} ${statusCode}`).toEqual(
        none ? expect.stringMatching(/no status 413/) : undefined,
      );
      if (!none) expect(deviationOf(document, route, apiGatewayError(statusCode, {}))).toMatch(/message/);
    }
  }
  for (const statusCode of [401, 403].filter((one) => !(statuses as readonly number[]).includes(one)))
    expect(deviationOf(document, 'POST /photos', apiGatewayError(statusCode))).toMatch(/no status/);
  expect(deviationOf(document, 'POST /photos', apiGatewayError(415))).toMatch(/no application\/json of 415/);
});
