/** Lists all resources of a local AWS by service; a deleted stack must leave none. */
import { signedFetch } from '../../support/signed-fetch.ts';

interface Listing {
  service: string;
  path?: string;
  /** Action of a service with a JSON protocol. */
  target?: string;
  /** Body of a service with the query protocol. */
  form?: string;
  /** Matches the names in the response. */
  name: RegExp;
}

const json = (key: string) => new RegExp(`"${key}"\\s*:\\s*"([^"]+)"`, 'g');
const xml = (key: string) => new RegExp(`<${key}>([^<]+)</${key}>`, 'g');

const LISTINGS: Record<string, Listing> = {
  buckets: { service: 's3', path: '/', name: xml('Name') },
  queues: { service: 'sqs', target: 'AmazonSQS.ListQueues', name: /"(http[^"]+)"/g },
  tables: { service: 'dynamodb', target: 'DynamoDB_20120810.ListTables', name: /"(DDColor[^"]+)"/g },
  functions: { service: 'lambda', path: '/2015-03-31/functions', name: json('FunctionName') },
  logs: { service: 'logs', target: 'Logs_20140328.DescribeLogGroups', name: json('logGroupName') },
  groups: {
    service: 'autoscaling',
    form: 'Action=DescribeAutoScalingGroups&Version=2011-01-01',
    name: xml('AutoScalingGroupName'),
  },
  templates: {
    service: 'ec2',
    form: 'Action=DescribeLaunchTemplates&Version=2016-11-15',
    name: xml('launchTemplateName'),
  },
  topics: { service: 'sns', form: 'Action=ListTopics&Version=2010-03-31', name: xml('TopicArn') },
  alarms: {
    service: 'monitoring',
    form: 'Action=DescribeAlarms&Version=2010-08-01',
    name: xml('AlarmName'),
  },
  dashboards: {
    service: 'monitoring',
    form: 'Action=ListDashboards&Version=2010-08-01',
    name: xml('DashboardName'),
  },
  schedules: { service: 'scheduler', path: '/schedules', name: json('Name') },
  parameters: { service: 'ssm', target: 'AmazonSSM.DescribeParameters', name: json('Name') },
  apis: { service: 'apigateway', path: '/v2/apis', name: json('[aA]piId') },
  roles: { service: 'iam', form: 'Action=ListRoles&Version=2010-05-08', name: xml('RoleName') },
  stacks: {
    service: 'cloudformation',
    form: 'Action=DescribeStacks&Version=2010-05-15',
    name: xml('StackName'),
  },
};

async function names(endpoint: string, listing: Listing): Promise<string[]> {
  const { service, path = '/', target, form, name } = listing;
  const response = await signedFetch(endpoint, {
    service,
    path,
    method: target !== undefined || form !== undefined ? 'POST' : 'GET',
    headers: {
      ...(target !== undefined && { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' }),
      ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(target !== undefined && { body: '{}' }),
    ...(form !== undefined && { body: form }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${service}: HTTP ${response.status} ${text.slice(0, 300)}`);
  return [...text.matchAll(name)].map((match) => match[1]!);
}

/** Names of the CDK's bootstrap resources and of the stage's image, which belong to no stack of ours. */
const OTHERS = /cdk-hnb659fds|cdk-bootstrap|CDKToolkit|\/ami\/current$/;

/** @returns names by kind, without those of other stacks and without empty kinds */
export async function resourcesIn(endpoint: string): Promise<Record<string, string[]>> {
  const found = await Promise.all(
    Object.entries(LISTINGS).map(async ([kind, listing]): Promise<[string, string[]]> => {
      const all = await names(endpoint, listing);
      return [kind, [...new Set(all.filter((one) => !OTHERS.test(one)))].sort()];
    }),
  );
  return Object.fromEntries(found.filter(([, all]) => all.length > 0));
}
