/** The API of a stage: routes, callers, limits, log, origin of the page. Permissions of its function: roles.test.ts. */
import { describe, expect, it } from 'vitest';
import { ACCESS, gatewayEnvironmentSchema, type Access } from '../../contract/gateway.ts';
import { PAGE_FILES } from '../../contract/page.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { threshold } from '../lambda/scaler/support/observations.ts';
import {
  ofType,
  propertiesOf,
  synthesise,
  withPlainIds,
  type Properties,
  type StackTemplate,
} from './template.ts';

const STAGES: Record<Access, StageConfig> = {
  open: { access: 'open' },
  jwt: { access: 'jwt', jwtIssuer: 'https://issuer.example', jwtAudience: ['page', 'other'] },
  iam: { access: 'iam' },
};
const AUTHORIZATION: Record<Access, string> = { open: 'NONE', jwt: 'JWT', iam: 'AWS_IAM' };
const apiRef = { Ref: 'Api' };
const apiHost = [apiRef, '.execute-api.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }];

const make = (more: StageConfig) => withPlainIds(synthesise('dev', more));
const idsOf = ({ Resources }: StackTemplate, type: string) =>
  Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
const environmentOf = (template: StackTemplate) =>
  propertiesOf(template, 'GatewayFunction').Environment.Variables as Properties;

describe.each(ACCESS)('the API of a stage with access %s', (access) => {
  const template = make(STAGES[access]);

  it('has these routes, with authorization for those of photos', () => {
    const page = access === 'iam' ? [] : ['', ...PAGE_FILES].map((file) => `GET /${file}`);
    const open = ['GET /health', 'GET /openapi.json', ...page];
    const photos = ['POST /photos', 'GET /photos/{id}', 'DELETE /photos/{id}', 'POST /photos/{id}/share'];
    const authorizer = access === 'jwt' ? { Ref: 'ApiJwt' } : undefined;
    const routes = ofType(template, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties);
    const shown = routes.map(({ RouteKey, AuthorizationType, AuthorizerId, AuthorizationScopes }) =>
      JSON.stringify([RouteKey, AuthorizationType, AuthorizerId ?? null, AuthorizationScopes ?? null]),
    );
    const wanted = [
      ...photos.map((route) => [route, AUTHORIZATION[access], authorizer ?? null, null]),
      ...open.map((route) => [route, 'NONE', null, null]),
    ].map((route) => JSON.stringify(route));
    expect(shown.sort()).toEqual(wanted.sort());
  });

  it('accepts tokens of the stage’s issuer and audiences only', () => {
    const authorizers = ofType(template, 'AWS::ApiGatewayV2::Authorizer').map(({ Properties }) => Properties);
    const jwt = {
      ApiId: apiRef,
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Audience: ['page', 'other'], Issuer: 'https://issuer.example' },
      Name: 'Jwt',
    };
    expect(authorizers).toEqual(access === 'jwt' ? [jwt] : []);
  });

  it('is the only caller of its function, and allows no page of another origin', () => {
    expect(ofType(template, 'AWS::ApiGatewayV2::Api').map(({ Properties }) => Properties)).toEqual([
      { Name: 'ddcolor-elastic-dev', ProtocolType: 'HTTP' },
    ]);
    expect(idsOf(template, 'AWS::Lambda::Url')).toEqual([]);
    const permissions = ofType(template, 'AWS::Lambda::Permission')
      .map(({ Properties }) => Properties)
      .filter(({ FunctionName }) => String(FunctionName['Fn::GetAtt'][0]).startsWith('Gateway'));
    expect(permissions).toHaveLength(ofType(template, 'AWS::ApiGatewayV2::Route').length);
    for (const { Action, FunctionName, Principal, SourceArn } of permissions) {
      expect([Action, FunctionName, Principal]).toEqual([
        'lambda:InvokeFunction',
        { 'Fn::GetAtt': ['GatewayFunction', 'Arn'] },
        'apigateway.amazonaws.com',
      ]);
      expect(SourceArn['Fn::Join'][1]).toContainEqual(apiRef);
    }
  });

  it('throttles every route, and logs each request for a month', () => {
    const stage = propertiesOf(template, 'ApiStage');
    expect(stage).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
      AccessLogSettings: { DestinationArn: { 'Fn::GetAtt': ['ApiAccessLog', 'Arn'] } },
    });
    expect(stage).not.toHaveProperty('RouteSettings');
    expect(stage.AccessLogSettings.Format).not.toContain('$context.path');
    const logs = ['ApiAccessLog', 'GatewayFunctionLogs'].map(
      (id) => propertiesOf(template, id).RetentionInDays as unknown,
    );
    expect(logs).toEqual([30, 30]);
    expect(propertiesOf(template, 'GatewayFunction').LoggingConfig).toEqual({
      LogGroup: { Ref: 'GatewayFunctionLogs' },
    });
  });

  it('lets its own page read and write the bucket, with the headers of its links', () => {
    expect(propertiesOf(template, 'PhotosBucket').CorsConfiguration).toEqual({
      CorsRules: [
        {
          AllowedOrigins: [{ 'Fn::Join': ['', ['https://', ...apiHost]] }],
          AllowedMethods: ['GET', 'PUT'],
          AllowedHeaders: ['content-type', 'if-none-match', 'x-amz-meta-*'],
          MaxAge: 3600,
        },
      ],
    });
  });

  it('deletes the items of its table in time', () =>
    expect(propertiesOf(template, 'GatewayTable').TimeToLiveSpecification).toEqual({
      AttributeName: 'expiresAt',
      Enabled: true,
    }));

  it('finds the photos of a caller by an index that has nothing else of them', () =>
    expect(propertiesOf(template, 'GatewayTable').GlobalSecondaryIndexes).toEqual([
      {
        IndexName: 'caller',
        KeySchema: [
          { AttributeName: 'caller', KeyType: 'HASH' },
          { AttributeName: 'createdAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]));

  it('is in the outputs', () => {
    expect(template.Outputs.ApiId?.Value).toEqual(apiRef);
    expect(template.Outputs.ApiUrl?.Value).toEqual({ 'Fn::Join': ['', ['https://', ...apiHost, '/']] });
  });

  it('gives its function all that this reads', () => {
    const texts = Object.entries(environmentOf(template)).map(([name, value]): [string, unknown] => [
      name,
      typeof value === 'string' ? value : 'known at deploy',
    ]);
    expect(gatewayEnvironmentSchema.parse(Object.fromEntries(texts))).toMatchObject({
      STAGE: 'dev',
      ACCESS: access,
      MAX_UPLOAD_BYTES: 25_000_000,
      PHOTOS_PER_HOUR: 100,
      PHOTOS_PER_DAY: 2000,
      LINK_SECONDS: 900,
      PHOTO_DAYS: 3,
      RESULT_DAYS: 3,
      CHROMA_SIZE: 512,
      ISSUER: access === 'jwt' ? 'https://issuer.example' : '',
      CLIENT_ID: access === 'jwt' ? 'page' : '',
    });
    const refs = ['BUCKET_NAME', 'TABLE_NAME', 'SCALER_TABLE_NAME'].map(
      (name) => environmentOf(template)[name] as unknown,
    );
    expect(refs).toEqual([{ Ref: 'PhotosBucket' }, { Ref: 'GatewayTable' }, { Ref: 'ScalerTable' }]);
  });
});

describe('a stage with a gateway', () => {
  it('sets its limits', () => {
    const limits = {
      requestsPerSecond: 7,
      maxUploadMegabytes: 1.5,
      photosPerHour: 3,
      photosPerDay: 4,
      linkSeconds: 60,
    };
    const template = make({ access: 'open', workflow: 'upscale', ...limits });
    expect(propertiesOf(template, 'ApiStage').DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: 7,
      ThrottlingBurstLimit: 14,
    });
    expect(environmentOf(template)).toMatchObject({
      MAX_UPLOAD_BYTES: '1500000',
      PHOTOS_PER_HOUR: '3',
      PHOTOS_PER_DAY: '4',
      LINK_SECONDS: '60',
      // The graph has no chroma.
      CHROMA_SIZE: '0',
    });
  });
});

describe('a stage with access none', () => {
  it('has no API, and a bucket that no page may use', () => {
    const template = make({ access: 'none' });
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => /ApiGateway|Lambda::Url/.test(type))).toEqual([]);
    const callers = ofType(template, 'AWS::Lambda::Permission').map(
      ({ Properties }) => Properties.Principal as string,
    );
    expect(callers).toEqual(['events.amazonaws.com']);
    expect(Object.keys(template.Resources).filter((id) => id.startsWith('Gateway'))).toEqual([]);
    expect(propertiesOf(template, 'PhotosBucket')).not.toHaveProperty('CorsConfiguration');
    expect(template.Outputs).not.toHaveProperty('ApiUrl');
  });
});

it('offers no bulk lane whose deadline the policy does not keep', () => {
  const deadline = (more: StageConfig) =>
    environmentOf(make({ access: 'open', bulkDeadlineSeconds: 7200, ...more }))
      .BULK_DEADLINE_SECONDS as string;
  expect(deadline({})).toBe('7200');
  expect(deadline({ minCapacity: 1, policy: threshold })).toBe('0');
});
