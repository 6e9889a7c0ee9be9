/**
 * A key of the account for everything of a stage that is stored: bucket, queues, tables, logs, volumes and the topic of alarms.
 *
 * The stack is built first, and then each resource that can take a key gets it: one that is added later is not forgotten. Roles get the use of
 * the key that follows from their other rights, through the service that stores the data and not by themselves.
 */
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { keyAlias } from '../contract/names.ts';
import { keyStatements } from './key-policy.ts';

/** For so long SQS uses a data key of a caller again: each caller then asks KMS once an hour, and not each five minutes. */
const DATA_KEY_SECONDS = 3600;

/** What a right to stored data needs of its key, by the service that asks KMS for the caller. */
const USES: Record<string, { service: string; needs: readonly string[] }> = {
  's3:GetObject': { service: 's3', needs: ['Decrypt'] },
  's3:PutObject': { service: 's3', needs: ['GenerateDataKey'] },
  'sqs:ReceiveMessage': { service: 'sqs', needs: ['Decrypt'] },
  // SQS decrypts the data key that it has of this caller.
  'sqs:SendMessage': { service: 'sqs', needs: ['Decrypt', 'GenerateDataKey'] },
  ...Object.fromEntries(
    ['GetItem', 'BatchGetItem', 'Query', 'Scan', 'PutItem', 'UpdateItem', 'DeleteItem'].map((name) => [
      `dynamodb:${name}`,
      // Whatever the call, DynamoDB decrypts the key of the table.
      { service: 'dynamodb', needs: ['Decrypt', 'DescribeKey'] },
    ]),
  ),
};

/** @param actions of a role @returns actions on the key by service, both in alphabetical order */
export function keyUses(actions: readonly string[]): [service: string, actions: string[]][] {
  const needs = new Map<string, Set<string>>();
  for (const { service, needs: some } of actions.flatMap((action) => USES[action] ?? []))
    needs.set(service, new Set([...(needs.get(service) ?? []), ...some]));
  return [...needs]
    .map(([service, names]): [string, string[]] => [service, [...names].sort().map((name) => `kms:${name}`)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export interface StageKeyProps {
  readonly stageName: string;
  /** Whether the bucket survives the stack: its photos are nothing without the key. */
  readonly retainData: boolean;
}

export class StageKey extends Construct {
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, { stageName, retainData }: StageKeyProps) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', {
      description: `Stored data of stage ${stageName} of ddcolor-elastic`,
      alias: keyAlias(stageName),
      enableKeyRotation: true,
      removalPolicy: retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    for (const statement of keyStatements(this)) this.key.addToResourcePolicy(statement);
  }

  /** Encrypts everything below a construct with the key, and lets each role use it. */
  encrypt(root: IConstruct): void {
    const all = root.node.findAll();
    const uses = all.flatMap((one) => (one instanceof iam.Role ? this.letUse(one) : []));
    for (const one of all) {
      this.encryptOne(one);
      // On a stage that runs, a role's own policy follows the bucket, the queues and tables that it names: it would be too late.
      if (one instanceof CfnBucket || one instanceof CfnQueue || one instanceof CfnTable)
        one.node.addDependency(...uses);
    }
  }

  private encryptOne(one: IConstruct): void {
    const { keyArn } = this.key;
    if (one instanceof CfnBucket)
      one.bucketEncryption = {
        serverSideEncryptionConfiguration: [
          {
            serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keyArn },
            // One request to KMS for many objects, and not one for each.
            bucketKeyEnabled: true,
          },
        ],
      };
    if (one instanceof CfnQueue) {
      one.sqsManagedSseEnabled = undefined;
      one.kmsMasterKeyId = keyArn;
      one.kmsDataKeyReusePeriodSeconds = DATA_KEY_SECONDS;
    }
    if (one instanceof CfnTable)
      one.sseSpecification = { sseEnabled: true, sseType: 'KMS', kmsMasterKeyId: keyArn };
    if (one instanceof CfnLogGroup) one.kmsKeyId = keyArn;
    if (one instanceof CfnTopic) one.kmsMasterKeyId = keyArn;
    if (one instanceof CfnLaunchTemplate)
      one.addPropertyOverride('LaunchTemplateData.BlockDeviceMappings.0.Ebs.KmsKeyId', keyArn);
  }

  /** @returns a policy that depends on nothing but role and key; none for a role that needs no key */
  private letUse(role: iam.Role): iam.Policy[] {
    const { region, urlSuffix } = Stack.of(this);
    const statements = keyUses(actionsOf(role)).map(
      ([service, actions]) =>
        new iam.PolicyStatement({
          actions,
          resources: [this.key.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.${urlSuffix}` } },
        }),
    );
    const id = role.node.path.split('/').slice(1).join('');
    return statements.length > 0 ? [new iam.Policy(this, id, { statements, roles: [role] })] : [];
  }
}

/** Actions of the policy to which `allow` adds. */
function actionsOf(role: iam.Role): string[] {
  const policy = role.node.tryFindChild('DefaultPolicy');
  if (!(policy instanceof iam.Policy)) return [];
  const { Statement } = Stack.of(role).resolve(policy.document) as {
    Statement: { Action: string | string[] }[];
  };
  return Statement.flatMap(({ Action }) => Action);
}
