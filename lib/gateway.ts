/** The gateway: an HTTP API, its function and its table. It costs nothing without requests. */
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as api from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DIGEST_SEPARATOR } from '../contract/edge.ts';
import { photoRecordKey, type GatewayVariable } from '../contract/gateway.ts';
import { apiPhotoKey, failedKey, resultKey, SHARED } from '../contract/keys.ts';
import { PAGE_FILES } from '../contract/page.ts';
import { ApiDomain, apiHost } from './api-domain.ts';
import { onlyItems } from './arns.ts';
import { BundledFunction } from './bundled-function.ts';
import { Cdn } from './cdn.ts';
import { GatewayTable } from './gateway-table.ts';
import { acknowledge, type Permission } from './permissions.ts';
import type { PhotoStore } from './photo-store.ts';
import { readView } from './scaler-table.ts';
import { GROUPS_CLAIM, SignIn } from './sign-in.ts';
import type { Stage } from './stage/stage.ts';
import { addUsage } from './usage-table.ts';
import { workflowVariables } from './workflow-variables.ts';

const HERE = join(import.meta.dirname, '..', 'lambda', 'gateway');

/** One line for each request, rejected ones included. No path, since it has the id of a photo. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  address: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  ms: '$context.responseLatency',
  error: '$context.error.message',
};

export interface GatewayProps {
  readonly stage: Stage;
  readonly httpApi: GatewayApi;
  readonly photos: PhotoStore;
  readonly scalerTable: dynamodb.ITable;
  /** Table of the registered webhooks. @default - there are none */
  readonly webhookTable?: dynamodb.ITable | undefined;
  /** Table of usage. @default - announced photos are not counted by caller */
  readonly usageTable?: dynamodb.ITable | undefined;
}

/** The API alone: the bucket needs its address, and the function needs the bucket. */
export class GatewayApi extends api.HttpApi {
  /** Address of API and page, without a slash at the end. */
  readonly publicUrl: string;
  /** Name to which a record of `domainName` points. */
  readonly domainTarget: string | undefined;
  /** With `cdn`. */
  readonly cdn: Cdn | undefined;

  constructor(scope: Construct, id: string, stage: Stage) {
    const { name: stageName, domainName, cdn } = stage;
    const named = domainName !== '';
    super(scope, id, {
      apiName: `ddcolor-elastic-${stageName}`,
      createDefaultStage: false,
      // CloudFront reaches the API there: the gateway itself refuses other requests.
      ...(named && !cdn ? { disableExecuteApiEndpoint: true } : {}),
    });
    const origin = apiHost(this, this.apiId);
    this.cdn = cdn ? new Cdn(this, 'Cdn', { ...stage, stageName, origin }) : undefined;
    const domain = named && !cdn ? new ApiDomain(this, 'Domain', stage) : undefined;
    const distributionName = this.cdn?.distribution.distributionDomainName;
    this.domainTarget = named ? (distributionName ?? domain?.target) : undefined;
    this.publicUrl = `https://${named ? domainName : (distributionName ?? origin)}`;
    const accessLog = new logs.LogGroup(this, 'AccessLog', {
      // Logs with this prefix need no statement in the account's resource policy for logs, whose size is limited.
      logGroupName: `/aws/vendedlogs/apis/ddcolor-elastic-${stage.name}`,
      retention: stage.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new api.HttpStage(this, 'Stage', {
      httpApi: this,
      stageName: '$default',
      autoDeploy: true,
      ...(domain ? { domainMapping: { domainName: domain.domain } } : {}),
      throttle: { rateLimit: stage.requestsPerSecond, burstLimit: 2 * stage.requestsPerSecond },
      accessLogSettings: {
        destination: new api.LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
  }
}

export class Gateway extends Construct {
  readonly table: dynamodb.ITable;
  readonly handler: BundledFunction;
  /** With `access` `cognito`. */
  readonly signIn: SignIn | undefined;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const { stage, httpApi, photos, scalerTable, webhookTable, usageTable } = props;
    const { bucket } = photos;
    const table = new GatewayTable(this, 'Table');
    this.table = table;
    if (stage.access === 'none') throw new Error(`stage '${stage.name}': access 'none' has no gateway`);
    const pageUrl = `${httpApi.publicUrl}/`;
    this.signIn =
      stage.access === 'cognito'
        ? new SignIn(this, 'SignIn', { ...stage, stageName: stage.name, pageUrl })
        : undefined;
    const tokens = tokensOf(stage, this.signIn);
    const access = stage.access === 'cognito' ? 'jwt' : stage.access;
    const handler = new BundledFunction(this, 'Function', {
      entry: join(HERE, 'handler.ts'),
      timeout: Duration.seconds(20),
      logRetentionDays: stage.logRetentionDays,
      environment: {
        STAGE: stage.name,
        ACCESS: access,
        BUCKET_NAME: bucket.bucketName,
        TABLE_NAME: table.tableName,
        SCALER_TABLE_NAME: scalerTable.tableName,
        WEBHOOK_TABLE_NAME: webhookTable?.tableName ?? '',
        USAGE_TABLE_NAME: usageTable?.tableName ?? '',
        MAX_UPLOAD_BYTES: String(Math.round(stage.maxUploadMegabytes * 1e6)),
        PHOTOS_PER_HOUR: String(stage.photosPerHour),
        PHOTOS_PER_DAY: String(stage.photosPerDay),
        LINK_SECONDS: String(stage.linkSeconds),
        // The message is hidden for this long; a longer attempt renews that, which is rare.
        PHOTO_DAYS: String(stage.photoRetentionDays),
        RESULT_DAYS: String(stage.resultRetentionDays),
        // The policy `threshold` buys nothing for a deadline: what it cannot keep is not offered.
        BULK_DEADLINE_SECONDS: String(stage.policy.kind === 'threshold' ? 0 : stage.bulkDeadlineSeconds),
        SIDELINING: photos.queues.includes('sidelined') ? 'on' : 'off',
        ...workflowVariables(stage),
        ISSUER: tokens?.issuer ?? '',
        CLIENT_ID: tokens?.audience[0] ?? '',
        GROUPS_CLAIM: this.signIn ? GROUPS_CLAIM : '',
        ORIGIN_DIGESTS: httpApi.cdn?.secrets.digests.join(DIGEST_SEPARATOR) ?? '',
      } satisfies Record<GatewayVariable, string>,
      // A browser does not sign its requests with AWS credentials, so a stage with access 'iam' has no page.
      commands: access === 'iam' ? undefined : buildPage,
    });
    this.handler = handler;
    // A secret that is replaced is refused once CloudFront has the new one everywhere.
    if (httpApi.cdn) handler.function.node.addDependency(httpApi.cdn.distribution);
    const anyPhoto = photos.queues.map((queue) => apiPhotoKey('*', queue));
    const wildcard = 'photos of the API and their outcomes, of any id';
    const arns = (keys: string[]) => keys.map((key) => bucket.arnForObjects(key));
    handler.allow({ actions: ['s3:PutObject'], resources: arns(anyPhoto), wildcard });
    handler.allow({
      actions: ['s3:DeleteObject', 's3:GetObject'],
      resources: arns([...anyPhoto, ...anyPhoto.map(resultKey), ...anyPhoto.map(failedKey)]),
      wildcard,
    });
    handler.allow({
      actions: ['s3:DeleteObject', 's3:PutObject', 's3:GetObject'],
      resources: arns([`${SHARED}*`]),
      wildcard: 'copies of results for shared links, of any photo',
    });
    // No s3:ListBucket: it would list every photo's id, which is the only secret of an open stage. S3 then answers 403 for a
    // missing object, and the function takes that for missing.
    handler.allow({
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: [table.tableArn],
    });
    handler.allow({
      actions: ['dynamodb:DeleteItem'],
      resources: [table.tableArn],
      conditions: onlyItems(photoRecordKey('*')),
    });
    handler.allow(readView(scalerTable));
    if (usageTable) handler.allow(addUsage(usageTable));

    const integration = new HttpLambdaIntegration('Function', handler.function);
    const authorizer = tokens
      ? new HttpJwtAuthorizer('Jwt', tokens.issuer, { jwtAudience: tokens.audience })
      : access === 'iam'
        ? new HttpIamAuthorizer()
        : undefined;
    const route = (routeKey: api.HttpRouteKey, id: string, guarded: boolean) => {
      const open = guarded ? authorizer === undefined && OPEN : PUBLIC;
      const made = new api.HttpRoute(this, id, {
        httpApi,
        integration,
        routeKey,
        ...(guarded && authorizer ? { authorizer } : {}),
      });
      if (open) acknowledge(made, 'AwsSolutions-APIG4', open);
    };
    const get = (path: string) => api.HttpRouteKey.with(path, api.HttpMethod.GET);
    route(api.HttpRouteKey.with('/photos', api.HttpMethod.POST), 'CreatePhoto', true);
    route(get('/photos/{id}'), 'ReadPhoto', true);
    route(api.HttpRouteKey.with('/photos/{id}', api.HttpMethod.DELETE), 'DeletePhoto', true);
    route(api.HttpRouteKey.with('/photos/{id}/share', api.HttpMethod.POST), 'SharePhoto', true);
    if (webhookTable) {
      handler.allow(changeWebhooks(webhookTable));
      route(get('/webhooks'), 'ListWebhooks', true);
      const one = (method: api.HttpMethod) => api.HttpRouteKey.with('/webhooks/{id}', method);
      route(one(api.HttpMethod.GET), 'ReadWebhook', true);
      route(one(api.HttpMethod.PUT), 'PutWebhook', true);
      route(one(api.HttpMethod.DELETE), 'DeleteWebhook', true);
    }
    route(get('/health'), 'Health', false);
    route(get('/openapi.json'), 'Document', false);
    if (access === 'iam') return;
    for (const file of ['', ...PAGE_FILES]) route(get(`/${file}`), `Page${file}`, false);
  }
}

const changeWebhooks = (table: dynamodb.ITable): Permission => ({
  actions: ['Query', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'].map((action) => `dynamodb:${action}`),
  resources: [table.tableArn],
});

const OPEN = 'the stage is open: a photo’s id is the right to it, within limits for each caller and day';
const PUBLIC = 'the page, the API description and the health check have nothing about any photo';

/** Issuer and audiences of accepted tokens; undefined where no token is asked for. */
function tokensOf({ access, jwtIssuer, jwtAudience }: Stage, signIn: SignIn | undefined) {
  if (signIn) return { issuer: signIn.issuer, audience: [signIn.clientId] };
  return access === 'jwt' ? { issuer: jwtIssuer, audience: jwtAudience } : undefined;
}

/** Builds the page into the folder of the function that serves it. */
const buildPage = (output: string): string[][] => [
  [process.execPath, '--import', 'tsx', join(HERE, 'page', 'build.ts'), join(output, 'page')],
];
