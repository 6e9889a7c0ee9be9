/** Facts about a stage's gateway that would hurt if they were wrong. Each names what it found wrong, or returns nothing. */
import type { Access } from '../../contract/gateway.ts';
import { PAGE_FILES } from '../../contract/page.ts';
import { grants, ofType, only, type Properties, type StackTemplate } from './template.ts';

export type GatewayFact = (template: StackTemplate, access: Access) => string | undefined;

const unless = (good: boolean, problem: string) => (good ? undefined : problem);
const PAGE = ['', ...PAGE_FILES].map((file) => `GET /${file}`);
const PHOTOS = ['POST /photos', 'GET /photos/{id}'];
const AUTHORIZATION: Record<Access, string> = { open: 'NONE', jwt: 'JWT', iam: 'AWS_IAM' };

const routes = (template: StackTemplate): Properties[] =>
  ofType(template, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties);
const may = (template: StackTemplate) => grants(template, 'Gateway');
/** Logical ids of a type. */
const idsOf = ({ Resources }: StackTemplate, type: string) =>
  Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
const apiId = (template: StackTemplate) => idsOf(template, 'AWS::ApiGatewayV2::Api')[0] ?? '';
/** The gateway's own table, and that of the scaler. */
const tableId = (template: StackTemplate, start: string) =>
  idsOf(template, 'AWS::DynamoDB::Table').find((id) => id.startsWith(start)) ?? 'none';

/** Whether it may do this with these objects, and with no others. */
function onObjects(template: StackTemplate, action: string, keys: string[]): boolean {
  const found = may(template).filter((one) => one.action === action);
  const key = ({ resource }: { resource: string }) => /"\/([^"]*)"\]\]\}$/.exec(resource)?.[1];
  return found.map(key).sort().join() === [...keys].sort().join();
}

export const GATEWAY_FACTS: Record<string, GatewayFact> = {
  'there is one API, and no other way to its function': (template) => {
    const api = `{"Ref":"${apiId(template)}"}`;
    const permissions = ofType(template, 'AWS::Lambda::Permission').filter(({ Properties }) =>
      String(Properties.FunctionName?.['Fn::GetAtt']?.[0]).startsWith('Gateway'),
    );
    const own = permissions.every(
      ({ Properties }) =>
        Properties.Principal === 'apigateway.amazonaws.com' &&
        JSON.stringify(Properties.SourceArn ?? '').includes(api),
    );
    const good =
      idsOf(template, 'AWS::ApiGatewayV2::Api').length === 1 &&
      permissions.length > 0 &&
      own &&
      ofType(template, 'AWS::Lambda::Url').length === 0;
    return unless(good, `permissions ${JSON.stringify(permissions)}`);
  },

  'requests are throttled': (template) => {
    const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = (only(
      template,
      'AWS::ApiGatewayV2::Stage',
    ).DefaultRouteSettings ?? {}) as Properties;
    const own = only(template, 'AWS::ApiGatewayV2::Stage').RouteSettings;
    return unless(
      rate >= 1 && rate <= 50 && burst === 2 * rate && !own,
      `${rate} a second, ${burst} at once`,
    );
  },

  'photos are for whom the stage says': (template, access) => {
    const found = routes(template).filter(({ RouteKey }) => PHOTOS.includes(RouteKey as string));
    const good = found.every(
      ({ AuthorizationType, AuthorizerId }) =>
        AuthorizationType === AUTHORIZATION[access] && (access === 'jwt') === (AuthorizerId !== undefined),
    );
    return unless(good && found.length === PHOTOS.length, JSON.stringify(found));
  },

  'tokens are those of the stage`s issuer': (template, access) => {
    const found = ofType(template, 'AWS::ApiGatewayV2::Authorizer').map(({ Properties }) => Properties);
    if (access !== 'jwt') return unless(found.length === 0, 'an authorizer that nobody asked for');
    const { Issuer, Audience } = (found[0]?.JwtConfiguration ?? {}) as Properties;
    const good = Issuer === 'https://issuer.example' && (Audience as string[]).join() === 'page,other';
    return unless(good && found.length === 1, `${Issuer} for ${JSON.stringify(Audience)}`);
  },

  'there is nothing else than photos, health, document and page': (template, access) => {
    const page = access === 'iam' ? [] : PAGE;
    const wanted = [...PHOTOS, 'GET /health', 'GET /openapi.json', ...page];
    const found = routes(template).map(({ RouteKey }) => String(RouteKey));
    return unless(found.sort().join() === wanted.sort().join(), `routes ${found.join(', ')}`);
  },

  'it stores photos of the API only': (template) =>
    unless(onObjects(template, 's3:PutObject', ['incoming/api/*']), JSON.stringify(may(template))),

  'it reads photos of the API, and their ends, only': (template) =>
    unless(
      onObjects(template, 's3:GetObject', ['incoming/api/*', 'results/api/*', 'failed/api/*.json']),
      JSON.stringify(may(template)),
    ),

  'it does nothing else with S3 than to see what is there': (template) => {
    const other = may(template).filter(
      ({ action }) => /^(s3:|\*)/.test(action) && !['s3:PutObject', 's3:GetObject'].includes(action),
    );
    const bucket = JSON.stringify({ 'Fn::GetAtt': [idsOf(template, 'AWS::S3::Bucket')[0], 'Arn'] });
    const good = other.every(({ action, resource }) => action === 's3:ListBucket' && resource === bucket);
    return unless(good && other.length === 1, JSON.stringify(other));
  },

  'of the scaler it reads the view, and nothing else': (template) => {
    const scaler = tableId(template, 'Scaler');
    const found = may(template).filter(({ resource }) => resource.includes(scaler));
    const good = found.every(({ action, condition }) => {
      const { 'ForAllValues:StringEquals': all, StringEqualsIfExists: given } = JSON.parse(
        condition,
      ) as Properties;
      return (
        action === 'dynamodb:GetItem' &&
        String(all?.['dynamodb:LeadingKeys']) === 'scaler' &&
        String(all['dynamodb:Attributes']) === 'id,view' &&
        given?.['dynamodb:Select'] === 'SPECIFIC_ATTRIBUTES'
      );
    });
    return unless(good && found.length === 1, JSON.stringify(found));
  },

  'its own table it neither scans nor empties': (template) => {
    const own = JSON.stringify({ 'Fn::GetAtt': [tableId(template, 'Gateway'), 'Arn'] });
    const scaler = tableId(template, 'Scaler');
    const found = may(template).filter(
      ({ action, resource }) => /^(dynamodb:|\*)/.test(action) && !resource.includes(scaler),
    );
    const actions = found.map(({ action }) => action.replace('dynamodb:', '')).sort();
    const good =
      actions.join() === 'GetItem,PutItem,UpdateItem' && found.every(({ resource }) => resource === own);
    return unless(good, JSON.stringify(found));
  },

  'it may nothing beyond S3, DynamoDB and its log': (template) => {
    const ownLog = ({ action, resource }: { action: string; resource: string }) =>
      /^logs:(CreateLogStream|PutLogEvents)$/.test(action) &&
      resource.startsWith('{"Fn::GetAtt":["GatewayFunctionLogs');
    const other = may(template).filter((one) => !/^(s3|dynamodb):/.test(one.action) && !ownLog(one));
    const managed = Object.entries(template.Resources)
      .filter(([id, { Type }]) => Type === 'AWS::IAM::Role' && id.startsWith('Gateway'))
      .flatMap(([, { Properties }]) => [
        ...((Properties.ManagedPolicyArns ?? []) as unknown[]),
        ...((Properties.Policies ?? []) as unknown[]),
      ]);
    return unless(managed.length === 0 && other.length === 0, JSON.stringify([...other, ...managed]));
  },

  'the bucket talks to the page and to no other': (template) => {
    const rules = (only(template, 'AWS::S3::Bucket').CorsConfiguration?.CorsRules ?? []) as Properties[];
    const origin = {
      'Fn::Join': [
        '',
        [
          'https://',
          { Ref: apiId(template) },
          '.execute-api.',
          { Ref: 'AWS::Region' },
          '.',
          { Ref: 'AWS::URLSuffix' },
        ],
      ],
    };
    const [rule] = rules;
    const good =
      rules.length === 1 &&
      JSON.stringify(rule?.AllowedOrigins) === JSON.stringify([origin]) &&
      (rule?.AllowedMethods as string[]).join() === 'GET,PUT' &&
      !(rule?.AllowedHeaders as string[]).includes('*');
    return unless(good, JSON.stringify(rules));
  },

  'the API answers to no other page': (template) =>
    unless(!only(template, 'AWS::ApiGatewayV2::Api').CorsConfiguration, 'another page may ask'),

  'what it remembers goes': (template) => {
    const found = template.Resources[tableId(template, 'Gateway')]?.Properties;
    const { AttributeName, Enabled } = (found?.TimeToLiveSpecification ?? {}) as Properties;
    return unless(AttributeName === 'expiresAt' && Enabled === true, `by ${AttributeName}`);
  },

  'requests are logged, and the log goes': (template) => {
    const { DestinationArn } = (only(template, 'AWS::ApiGatewayV2::Stage').AccessLogSettings ??
      {}) as Properties;
    const named = DestinationArn?.['Fn::GetAtt']?.[0] as string | undefined;
    const handler = Object.entries(template.Resources).find(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith('Gateway'),
    )?.[1].Properties.LoggingConfig?.LogGroup?.Ref as string | undefined;
    const days = [named, handler].map((id) => template.Resources[id ?? '']?.Properties.RetentionInDays);
    return unless(
      days.every((one) => Number(one) > 0),
      `kept for ${days.join(', ')} days`,
    );
  },

  'it tells where it is': (template) => {
    const { ApiUrl, ApiId } = template.Outputs;
    const ref = JSON.stringify({ Ref: apiId(template) });
    const good = JSON.stringify(ApiId?.Value) === ref && JSON.stringify(ApiUrl?.Value ?? '').includes(ref);
    return unless(good, JSON.stringify(template.Outputs));
  },
};
