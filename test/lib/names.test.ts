/** Every name that is put together is within AWS's limits: with the longest stage, in the region of the longest name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STAGE_NAME } from '../../lib/stage/stage.ts';
import { stageName } from '../../common/command-line.ts';
import {
  amiParameterName,
  candidateParameterName,
  firewallStackName,
  METRICS,
  stackName,
  verdictParameterName,
  workerParameterName,
} from '../../contract/names.ts';
import { REASONS } from '../../contract/reasons.ts';
import { make } from './deploy-role-facts.ts';
import { synthesise, type StackTemplate } from './template.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';

/** The longest names that AWS gives to regions and partitions. */
const REGION = 'us-isof-south-1';
const PARTITION = 'aws-iso-f';
const ACCOUNT = '1'.repeat(12);
const LONGEST = `a${'-b'.repeat(8)}c`;

/** Limits of AWS's API references: the most characters, and the characters that are allowed. */
const LIMITS: Record<string, [most: number, form: RegExp]> = {
  'AWS::S3::Bucket BucketName': [63, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/],
  'AWS::AutoScaling::AutoScalingGroup AutoScalingGroupName': [255, /^[\x20-\x7e]+$/],
  'AWS::AutoScaling::AutoScalingGroup LifecycleHookName': [255, /^[\w/-]+$/],
  'AWS::SNS::Topic TopicName': [256, /^[\w-]+$/],
  'AWS::CloudWatch::Alarm AlarmName': [255, /^[\x20-\x7e]+$/],
  'AWS::CloudWatch::Alarm AlarmDescription': [1024, /^[^]*$/],
  'AWS::CloudWatch::Alarm MetricName': [255, /^[\x20-\x7e]+$/],
  'AWS::CloudWatch::Dashboard DashboardName': [255, /^[\w-]+$/],
  'AWS::Events::Rule Description': [512, /^[^]*$/],
  'AWS::SSM::Parameter Name': [1011, /^\/[\w./-]+$/],
  'AWS::Logs::LogGroup LogGroupName': [512, /^[\w./#-]+$/],
  'AWS::Logs::QueryDefinition Name': [255, /^[^:*]+$/],
  'AWS::CloudWatch::CompositeAlarm AlarmName': [255, /^[\x20-\x7e]+$/],
  'AWS::CloudWatch::CompositeAlarm AlarmDescription': [1024, /^[^]*$/],
  'AWS::ApiGatewayV2::Api Name': [128, /^[^]+$/],
  'AWS::ApiGatewayV2::Stage StageName': [128, /^(\$default|[\w-]+)$/],
  'AWS::ApiGatewayV2::Authorizer Name': [128, /^[^]+$/],
  'AWS::EC2::SecurityGroup GroupDescription': [255, /^[\w .:/()#,@[\]+=&;{}!$*-]+$/],
  'AWS::EC2::SecurityGroup Description': [255, /^[\w .:/()#,@[\]+=&;{}!$*-]+$/],
  'AWS::IAM::Role Description': [1000, /^[\t\n\r\x20-\x7e\xa1-\xff]*$/],
  'AWS::IAM::Role PolicyName': [128, /^[\w+=,.@-]+$/],
  'AWS::IAM::Policy PolicyName': [128, /^[\w+=,.@-]+$/],
  'AWS::EC2::VPCEndpoint ServiceName': [255, /^[\w.-]+$/],
  'AWS::CloudFront::Function Name': [64, /^[\w-]+$/],
  'AWS::CloudFront::CachePolicy Name': [128, /^[\w-]+$/],
  'AWS::CloudFront::ResponseHeadersPolicy Name': [128, /^[\w-]+$/],
  'AWS::CloudFront::Distribution DomainName': [253, /^[\w.<>-]+$/],
  'AWS::CloudFront::Distribution HeaderName': [256, /^[a-z-]+$/],
  'AWS::KMS::Key Description': [8192, /^[^]*$/],
  'AWS::KMS::Alias AliasName': [256, /^alias\/(?!aws\/)[\w/-]+$/],
  'AWS::DynamoDB::Table AttributeName': [255, /^[^]+$/],
  'AWS::DynamoDB::Table IndexName': [255, /^[\w.-]{3,}$/],
};
/** Names of other things than the resource, which another entry or nobody limits. */
const OTHER = /^(Name|AutoScalingGroupName|FunctionName|DeviceName|GroupName)$/;

/** A value with the pseudo parameters filled in; other references are short ids. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join } = value as Record<string, unknown>;
  const pseudo: Record<string, string> = {
    'AWS::Region': REGION,
    'AWS::Partition': PARTITION,
    'AWS::AccountId': ACCOUNT,
    'AWS::URLSuffix': 'amazonaws.com.cn',
  };
  if (typeof Ref === 'string') return pseudo[Ref] ?? `<${Ref}>`;
  if (join === undefined) return '<id>';
  const [delimiter, parts] = join as [string, unknown[]];
  return parts.map(text).join(delimiter);
}

/** Every name and description in a template: `TYPE PROPERTY` and its text. */
function namesIn({ Resources }: StackTemplate): [where: string, name: string][] {
  const found: [string, string][] = [];
  const walk = (type: string, value: unknown, top: boolean): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const literal =
        typeof inner === 'string' || (inner !== null && typeof inner === 'object' && 'Fn::Join' in inner);
      const named = /(Name|Description)$/.test(key);
      // A reference to another resource's name is no name that is put together here.
      if (named && literal && (top || !OTHER.test(key))) found.push([`${type} ${key}`, text(inner)]);
      // CloudFront's policies have their properties one level down.
      if (key !== 'Tags') walk(type, inner, top && key === `${type.split('::')[2]}Config`);
    }
  };
  for (const { Type, Properties } of Object.values(Resources)) walk(Type, Properties, true);
  return found;
}

const JWT: StageConfig = { access: 'jwt', jwtIssuer: 'https://issuer.example', jwtAudience: ['page'] };
const RUNBOOK = 'https://wiki.example/' + 'r'.repeat(300 - 'https://wiki.example/'.length);
const TEMPLATES: [what: string, template: StackTemplate][] = [
  [
    'of a stage with everything',
    synthesise(
      'prod',
      { ...JWT, runbookUrl: RUNBOOK, probePhoto: 'daily', encryption: 'kms', cdn: true },
      LONGEST,
    ),
  ],
  [
    'of a pipeline’s roles',
    make({ stage: LONGEST, repository: `${'o'.repeat(39)}/${'r'.repeat(100)}`, qualifier: 'q'.repeat(10) }),
  ],
];

it.each(['AWS::CloudFront::\\w+', 'AWS::CloudWatch::Dashboard'])(
  'a stage can be in two regions: a name of %s, which is global to the account, has the region',
  (type) => {
    const own = new RegExp(`^${type} (Dashboard)?Name$`);
    const names = namesIn(TEMPLATES[0]![1]).filter(([where]) => own.test(where));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter(([, name]) => !name.includes(REGION))).toEqual([]);
  },
);

describe.each(TEMPLATES)('the template %s', (_what, template) => {
  it('has no name that AWS refuses, and none without a limit above', () => {
    const names = namesIn(template);
    expect(names.length).toBeGreaterThan(2);
    for (const [where, name] of names) {
      const [most, form] = LIMITS[where] ?? [];
      expect(most, `${where} has no limit in this test: '${name}'`).toBeDefined();
      expect(name.length, `${where} '${name}'`).toBeLessThanOrEqual(most ?? 0);
      expect(name, where).toMatch(form ?? /^$/);
    }
  });

  it('has no role whose policies are longer than IAM allows', () => {
    const size: Record<string, number> = {};
    const add = (role: string, document: unknown) =>
      (size[role] =
        (size[role] ?? 0) +
        JSON.stringify(document, (_, value: unknown) => (isIntrinsic(value) ? text(value) : value)).length);
    for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
      if (Type === 'AWS::IAM::Policy')
        for (const { Ref } of Properties.Roles as { Ref: string }[]) add(Ref, Properties.PolicyDocument);
      if (Type === 'AWS::IAM::Role')
        for (const { PolicyDocument } of (Properties.Policies ?? []) as { PolicyDocument: object }[])
          add(id, PolicyDocument);
    }
    expect(Object.keys(size)).not.toEqual([]);
    // Inline policies of a role, without white space.
    for (const [role, characters] of Object.entries(size)) expect(characters, role).toBeLessThan(10_240);
  });

  it('gives roles of the CDK bootstrap names that IAM allows', () => {
    const roles = JSON.stringify(template.Resources).match(/role\/cdk-[\w-]+/g) ?? [];
    for (const role of roles)
      expect(`${role.slice('role/'.length)}${ACCOUNT}-${REGION}`.length).toBeLessThanOrEqual(64);
  });
});

const isIntrinsic = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  ['Ref', 'Fn::Join', 'Fn::GetAtt'].some((key) => key in value);

const long = 'i-0123456789abcdef0';
/** Names that commands, the bake and the worker put together. */
const OTHERS: [what: string, name: string, most: number, form: RegExp][] = [
  ['the stack', stackName(LONGEST), 128, /^[a-zA-Z][a-zA-Z0-9-]*$/],
  ['the stack of the firewall', firewallStackName(LONGEST), 128, /^[a-zA-Z][a-zA-Z0-9-]*$/],
  [
    'the stack of the pipeline’s roles',
    `DDColorElasticDeployRole-${LONGEST}`,
    128,
    /^[a-zA-Z][a-zA-Z0-9-]*$/,
  ],
  ...[amiParameterName, candidateParameterName, workerParameterName]
    .map((name) => name(LONGEST))
    .concat(verdictParameterName(LONGEST, long))
    .map((name): (typeof OTHERS)[number] => ['a parameter', name, 1011, /^(\/[\w.-]+){1,15}$/]),
  ...[...Object.values(METRICS), ...REASONS].map((name): (typeof OTHERS)[number] => [
    'a metric or its dimension',
    name,
    255,
    /^[\x20-\x7e]+$/,
  ]),
];

it.each(OTHERS)('%s is called %s, within the limit', (_what, name, most, form) => {
  expect(name.length).toBeLessThanOrEqual(most);
  expect(name).toMatch(form);
});

it('the image’s name, description and tags are within EC2’s limits', () => {
  const folder = join(import.meta.dirname, '..', '..', 'ami', 'packer');
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const pins = Object.fromEntries(
    [...read('versions.auto.pkrvars.hcl').matchAll(/^(\w+) += "(.*)"$/gm)].map(([, k = '', v = '']) => [
      k,
      v,
    ]),
  );
  const template = read('ddcolor-elastic.pkr.hcl');
  const filled = (attribute: string) =>
    (new RegExp(`${attribute} += "(.*)"$`, 'm').exec(template)?.[1] ?? '')
      .replace(/\$\{var\.(\w+)\}/g, (_, name: string) => pins[name] ?? '?'.repeat(999))
      .replace(/\$\{substr\(var\.revision, 0, 8\)\}/g, '01234567')
      .replace(/\$\{formatdate\("(.*?)".*?\)\}/g, '$1');
  expect(filled('ami_name')).toMatch(/^[\w ().'/@-]{3,128}$/);
  expect(filled('ami_description').length).toBeLessThanOrEqual(255);
  for (const [name, value] of Object.entries(pins)) {
    expect(`ddcolor-elastic:${name}`.length).toBeLessThanOrEqual(128);
    expect(value.length, name).toBeLessThanOrEqual(256);
  }
});

it('no longer name of a stage is accepted, by settings, commands or the bake', () => {
  const variables = readFileSync(
    join(import.meta.dirname, '..', '..', 'ami/packer/variables.pkr.hcl'),
    'utf8',
  );
  const form = new RegExp(/condition += can\(regex\("(.*)", var\.stage\)\)/.exec(variables)?.[1] ?? '');
  for (const [name, accepted] of [
    [LONGEST, true],
    [`${LONGEST}d`, false],
  ] as const) {
    expect(STAGE_NAME.schema.safeParse(name).success).toBe(accepted);
    expect(form.test(name)).toBe(accepted);
    if (accepted) expect(stageName(name)).toBe(name);
    else expect(() => stageName(name)).toThrow();
  }
});
