/** Events as API Gateway sends them. */

export interface EventChanges {
  headers?: Record<string, string>;
  body?: string | Buffer;
  cookies?: string[];
  id?: string;
  sourceIp?: string;
  authorizer?: Record<string, unknown>;
}

/** A complete event of an HTTP API, payload format 2.0. @param route such as `GET /photos/{id}` */
export function eventOf(
  route: string,
  { headers = {}, body, cookies, id, sourceIp = '203.0.113.7', authorizer }: EventChanges = {},
) {
  const [method = '', template = ''] = route.split(' ');
  const path = template.replace('{id}', encodeURIComponent(id ?? ''));
  return {
    version: '2.0',
    routeKey: route,
    rawPath: path,
    rawQueryString: '',
    ...(cookies ? { cookies } : {}),
    headers: {
      accept: '*/*',
      'content-length': String(Buffer.byteLength(body ?? '')),
      host: 'a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com',
      'user-agent': 'curl/8.5.0',
      'x-amzn-trace-id': 'Root=1-674f3a1b-2c5d8e9f0a1b2c3d4e5f6a7b',
      'x-forwarded-for': sourceIp,
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      ...headers,
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'a1b2c3d4e5',
      ...(authorizer ? { authorizer } : {}),
      domainName: 'a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'a1b2c3d4e5',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent: 'curl/8.5.0' },
      requestId: 'CLFvRhTyFiAEJSQ=',
      routeKey: route,
      stage: '$default',
      time: '01/Jun/2026:12:20:00 +0000',
      timeEpoch: 1_780_316_400_000,
    },
    ...(id === undefined ? {} : { pathParameters: { id } }),
    ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? body.toString('base64') : body }),
    isBase64Encoded: Buffer.isBuffer(body),
  };
}

/** Event of `POST /photos`. */
export const createPhotoEvent = (photo: unknown, more: EventChanges = {}) =>
  eventOf('POST /photos', {
    ...more,
    headers: { 'content-type': 'application/json', ...more.headers },
    body: JSON.stringify(photo),
  });

/** Authorizer context of a verified token, and of a verified AWS signature. */
export const jwtAuthorizer = (claims: Record<string, unknown>) => ({ jwt: { claims, scopes: null } });
export const iamAuthorizer = (userId: string | null, accountId: string | null = '123456789012') => ({
  iam: {
    accessKey: 'ASIAIOSFODNN7EXAMPLE',
    accountId,
    callerId: userId,
    cognitoIdentity: null,
    principalOrgId: 'o-a1b2c3d4e5',
    userArn: 'arn:aws:sts::123456789012:assumed-role/Sender/session',
    userId,
  },
});
