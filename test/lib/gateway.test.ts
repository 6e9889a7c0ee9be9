/** The template of a stage with a gateway: facts that would hurt if wrong, and proof that each can fail. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ACCESS, gatewayEnvironmentSchema, type Access } from '../../contract/gateway.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { GATEWAY_FACTS } from './gateway-facts.ts';
import { ofType, only, synthesise, type Properties, type StackTemplate } from './template.ts';

const STAGES: Record<Access, StageConfig> = {
  open: { access: 'open' },
  jwt: { access: 'jwt', jwtIssuer: 'https://issuer.example', jwtAudience: ['page', 'other'] },
  iam: { access: 'iam' },
};
const templates = new Map<Access, StackTemplate>();
beforeAll(() => {
  for (const access of ACCESS) templates.set(access, synthesise('dev', STAGES[access], false));
});
const get = (access: Access) => structuredClone(templates.get(access)) as StackTemplate;

const stage = (template: StackTemplate) => only(template, 'AWS::ApiGatewayV2::Stage');
const route = (template: StackTemplate, key: string) =>
  ofType(template, 'AWS::ApiGatewayV2::Route').find(({ Properties }) => Properties.RouteKey === key)!
    .Properties;
const cors = (template: StackTemplate) =>
  only(template, 'AWS::S3::Bucket').CorsConfiguration.CorsRules[0] as Properties;
const add = (template: StackTemplate, Type: string, Properties: Properties = {}) => {
  template.Resources.Spoilt = { Type, Properties };
};
/** A resource of the gateway's. */
const own = (template: StackTemplate, type: string) =>
  Object.entries(template.Resources).find(([id, { Type }]) => Type === type && id.startsWith('Gateway'))![1]
    .Properties;
const statements = (template: StackTemplate) =>
  own(template, 'AWS::IAM::Policy').PolicyDocument.Statement as Properties[];
const grant = (template: StackTemplate, Action: string, Resource: unknown, Condition?: unknown) =>
  statements(template).push({ Effect: 'Allow', Action, Resource, Condition });
/** Objects of the bucket, as the CDK names them. */
const objects = (template: StackTemplate, keys: string) => {
  const [bucket] = Object.entries(template.Resources).find(([, { Type }]) => Type === 'AWS::S3::Bucket')!;
  return { 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucket, 'Arn'] }, `/${keys}`]] };
};
const table = (template: StackTemplate, start: string) => ({
  'Fn::GetAtt': [
    Object.keys(template.Resources).find(
      (id) => id.startsWith(start) && template.Resources[id]?.Type === 'AWS::DynamoDB::Table',
    )!,
    'Arn',
  ],
});
const view = (template: StackTemplate) =>
  statements(template).find(({ Condition }) => Condition !== undefined)!.Condition as Properties;

/** Ways in which a gateway could go wrong, each with the fact that has to notice. */
const SPOILED: [fact: string, access: Access, how: string, spoil: (template: StackTemplate) => void][] = [
  [
    'there is one API, and no other way to its function',
    'open',
    'a second API',
    (t) => add(t, 'AWS::ApiGatewayV2::Api'),
  ],
  [
    'there is one API, and no other way to its function',
    'jwt',
    'an address of the function`s own',
    (t) => add(t, 'AWS::Lambda::Url'),
  ],
  [
    'there is one API, and no other way to its function',
    'iam',
    'anybody`s API may call it',
    (t) =>
      add(t, 'AWS::Lambda::Permission', {
        FunctionName: { 'Fn::GetAtt': ['GatewayFunction', 'Arn'] },
        Principal: 'apigateway.amazonaws.com',
      }),
  ],
  ['requests are throttled', 'open', 'not', (t) => delete stage(t).DefaultRouteSettings],
  [
    'requests are throttled',
    'open',
    'a route is not',
    (t) => (stage(t).RouteSettings = { 'POST /photos': { ThrottlingRateLimit: 10_000 } }),
  ],
  ...ACCESS.filter((access) => access !== 'open').flatMap((access) =>
    ['POST /photos', 'GET /photos/{id}'].map((key): (typeof SPOILED)[number] => [
      'photos are for whom the stage says',
      access,
      `anybody may ${key}`,
      (t) => (route(t, key).AuthorizationType = 'NONE'),
    ]),
  ),
  [
    'photos are for whom the stage says',
    'jwt',
    'whoever has signed may',
    (t) => (route(t, 'POST /photos').AuthorizationType = 'AWS_IAM'),
  ],
  [
    'photos are for whom the stage says',
    'jwt',
    'nobody checks the token',
    (t) => delete route(t, 'POST /photos').AuthorizerId,
  ],
  [
    'photos are for whom the stage says',
    'open',
    'nobody may',
    (t) => (route(t, 'POST /photos').AuthorizationType = 'AWS_IAM'),
  ],
  [
    'tokens are those of the stage`s issuer',
    'jwt',
    'somebody else`s',
    (t) => (only(t, 'AWS::ApiGatewayV2::Authorizer').JwtConfiguration.Issuer = 'https://evil.example'),
  ],
  [
    'tokens are those of the stage`s issuer',
    'jwt',
    'for anybody',
    (t) => (only(t, 'AWS::ApiGatewayV2::Authorizer').JwtConfiguration.Audience = ['page', 'other', 'all']),
  ],
  ['tokens are those of the stage`s issuer', 'iam', 'some', (t) => add(t, 'AWS::ApiGatewayV2::Authorizer')],
  [
    'there is nothing else than photos, health, document and page',
    'open',
    'all of them go to the function',
    (t) => add(t, 'AWS::ApiGatewayV2::Route', { RouteKey: '$default' }),
  ],
  [
    'there is nothing else than photos, health, document and page',
    'iam',
    'a page that nobody could use',
    (t) => add(t, 'AWS::ApiGatewayV2::Route', { RouteKey: 'GET /' }),
  ],
  [
    'it stores photos of the API only',
    'open',
    'any photo',
    (t) => grant(t, 's3:PutObject', objects(t, 'incoming/*')),
  ],
  [
    'it stores photos of the API only',
    'open',
    'results',
    (t) => grant(t, 's3:PutObject', objects(t, 'results/api/*')),
  ],
  [
    'it reads photos of the API, and their ends, only',
    'open',
    'all of the bucket',
    (t) => grant(t, 's3:GetObject', objects(t, '*')),
  ],
  [
    'it reads photos of the API, and their ends, only',
    'open',
    'any result',
    (t) => grant(t, 's3:GetObject', objects(t, 'results/*')),
  ],
  [
    'it does nothing else with S3 than to see what is there',
    'open',
    'it deletes',
    (t) => grant(t, 's3:DeleteObject', objects(t, 'incoming/api/*')),
  ],
  [
    'it does nothing else with S3 than to see what is there',
    'open',
    'everything',
    (t) => grant(t, 's3:*', objects(t, 'incoming/api/*')),
  ],
  [
    'of the scaler it reads the view, and nothing else',
    'open',
    'what workers add up',
    (t) => (view(t)['ForAllValues:StringEquals']['dynamodb:LeadingKeys'] = ['scaler', 'work']),
  ],
  [
    'of the scaler it reads the view, and nothing else',
    'open',
    'all that the scaler remembers',
    (t) => delete view(t)['ForAllValues:StringEquals']['dynamodb:Attributes'],
  ],
  [
    'of the scaler it reads the view, and nothing else',
    'open',
    'all attributes at once',
    (t) => delete view(t).StringEqualsIfExists,
  ],
  [
    'of the scaler it reads the view, and nothing else',
    'open',
    'it writes',
    (t) => grant(t, 'dynamodb:UpdateItem', table(t, 'Scaler'), view(t)),
  ],
  ...['Scan', 'Query', 'DeleteItem'].map((action): (typeof SPOILED)[number] => [
    'its own table it neither scans nor empties',
    'open',
    `it may ${action}`,
    (t) => grant(t, `dynamodb:${action}`, table(t, 'Gateway')),
  ]),
  [
    'its own table it neither scans nor empties',
    'open',
    'it reads any table',
    (t) => grant(t, 'dynamodb:GetItem', '*'),
  ],
  [
    'it may nothing beyond S3, DynamoDB and its log',
    'open',
    'it sends jobs itself',
    (t) => grant(t, 'sqs:SendMessage', '*'),
  ],
  [
    'it may nothing beyond S3, DynamoDB and its log',
    'open',
    'a policy of AWS`s',
    (t) => (own(t, 'AWS::IAM::Role').ManagedPolicyArns = ['arn:aws:iam::aws:policy/ReadOnly']),
  ],
  ['the bucket talks to the page and to no other', 'open', 'to all', (t) => (cors(t).AllowedOrigins = ['*'])],
  [
    'the bucket talks to the page and to no other',
    'jwt',
    'to one more',
    (t) => (cors(t).AllowedOrigins as unknown[]).push('https://evil.example'),
  ],
  [
    'the bucket talks to the page and to no other',
    'open',
    'it lets pages delete',
    (t) => (cors(t).AllowedMethods as unknown[]).push('DELETE'),
  ],
  [
    'the bucket talks to the page and to no other',
    'open',
    'any header',
    (t) => (cors(t).AllowedHeaders = ['*']),
  ],
  [
    'the API answers to no other page',
    'open',
    'to any',
    (t) => (only(t, 'AWS::ApiGatewayV2::Api').CorsConfiguration = { AllowOrigins: ['*'] }),
  ],
  [
    'what it remembers goes',
    'open',
    'it stays',
    (t) => delete own(t, 'AWS::DynamoDB::Table').TimeToLiveSpecification,
  ],
  [
    'what it remembers goes',
    'open',
    'by another attribute',
    (t) => (own(t, 'AWS::DynamoDB::Table').TimeToLiveSpecification.AttributeName = 'until'),
  ],
  ['requests are logged, and the log goes', 'open', 'they are not', (t) => delete stage(t).AccessLogSettings],
  [
    'requests are logged, and the log goes',
    'open',
    'it stays',
    (t) => ofType(t, 'AWS::Logs::LogGroup').forEach(({ Properties }) => delete Properties.RetentionInDays),
  ],
  ['it tells where it is', 'open', 'it does not', (t) => delete t.Outputs.ApiUrl],
];

describe.each(ACCESS)('the gateway of a stage that is %s', (access) => {
  it.each(Object.entries(GATEWAY_FACTS))('%s', (_name, fact) => {
    expect(fact(get(access), access)).toBeUndefined();
  });

  it('tells its function all that this asks for', () => {
    const { Variables } = own(get(access), 'AWS::Lambda::Function').Environment as Properties;
    const texts = Object.entries(Variables as Properties).map(([name, value]): [string, unknown] => [
      name,
      typeof value === 'string' ? value : 'a name that CloudFormation knows',
    ]);
    expect(gatewayEnvironmentSchema.parse(Object.fromEntries(texts))).toMatchObject({
      STAGE: 'dev',
      ACCESS: access,
      MAX_UPLOAD_BYTES: 25_000_000,
      LINK_SECONDS: 900,
      PHOTO_DAYS: 3,
      RESULT_DAYS: 3,
      CHROMA_SIZE: 512,
      ISSUER: access === 'jwt' ? 'https://issuer.example' : '',
      CLIENT_ID: access === 'jwt' ? 'page' : '',
    });
  });
});

describe('a fact fails when', () => {
  it.each(SPOILED)('"%s", of %s: %s', (name, access, _how, spoil) => {
    const template = get(access);
    expect(GATEWAY_FACTS[name]?.(template, access)).toBeUndefined();
    spoil(template);
    expect(GATEWAY_FACTS[name]?.(template, access)).toMatch(/\w/);
  });

  it('any: each is shown to be able to', () => {
    expect(new Set(SPOILED.map(([name]) => name))).toEqual(new Set(Object.keys(GATEWAY_FACTS)));
  });
});

describe('a stage`s own numbers', () => {
  it('are those of its gateway', () => {
    const template = synthesise(
      'dev',
      {
        access: 'open',
        requestsPerSecond: 7,
        maxUploadMegabytes: 1.5,
        photosPerHour: 3,
        photosPerDay: 4,
        linkSeconds: 60,
      },
      false,
    );
    expect(stage(template).DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: 7,
      ThrottlingBurstLimit: 14,
    });
    expect(own(template, 'AWS::Lambda::Function').Environment.Variables).toMatchObject({
      MAX_UPLOAD_BYTES: '1500000',
      PHOTOS_PER_HOUR: '3',
      PHOTOS_PER_DAY: '4',
      LINK_SECONDS: '60',
    });
  });

  it('say that no chroma is to be had where the workflow gives none', () => {
    const template = synthesise('dev', { access: 'open', workflow: 'upscale' }, false);
    expect(own(template, 'AWS::Lambda::Function').Environment.Variables.CHROMA_SIZE).toBe('0');
  });
});

describe('a stage without access', () => {
  it('has no API, and a bucket that talks to no page', () => {
    const template = synthesise('dev', { access: 'none' }, false);
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => /ApiGateway|Lambda::Url/.test(type))).toEqual([]);
    expect(Object.keys(template.Resources).filter((id) => id.startsWith('Gateway'))).toEqual([]);
    expect(only(template, 'AWS::S3::Bucket')).not.toHaveProperty('CorsConfiguration');
    expect(template.Outputs).not.toHaveProperty('ApiUrl');
  });
});
