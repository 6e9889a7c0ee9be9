/** Settings of the doors: the name and the distribution under which the API is reached, and the key of stored data. Each is off by default, and then the template has nothing of it. */
import { choice, flag, integer, text, type ValuesOf } from '../../contract/field.ts';
import type { Rule } from './check.ts';
import type { GATEWAY_FIELDS } from './gateway.ts';

const NAME = /^$|^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/;
const CERTIFICATE = /^$|^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/;

const WEB_ACL = /^$|^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/[\w-]{1,128}\/[\w-]+$/;

export const DOOR_FIELDS = {
  /**
   * Name under which API and page are reached (docs/doors.md#a-name-of-your-own). The API's own address is then closed.
   *
   * @default - none: the API is reached at its own address
   */
  domainName: text(NAME, 'a name such as photos.example.com, in lowercase', ''),

  /**
   * ARN of the certificate of `domainName` in AWS Certificate Manager: in the region of the stack, with `cdn` in us-east-1.
   *
   * @default - none
   */
  certificateArn: text(
    CERTIFICATE,
    'an ARN such as arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012',
    '',
  ),

  /**
   * Id of the Route 53 hosted zone, in which the stack makes the record of `domainName`.
   *
   * @default - none: you make the record, for the output DomainTarget
   */
  hostedZoneId: text(/^$|^Z[A-Z0-9]{1,31}$/, 'an id such as Z0123456789ABCDEFGHIJ', ''),

  /**
   * Whether CloudFront is in front of API and page (docs/doors.md#cloudfront-in-front). The API then refuses requests that come another way. With `access` `open`, `jwt` and
   * `cognito`.
   *
   * @default false
   */
  cdn: flag(false),

  /**
   * Number of the secret by which the API knows its distribution, with `cdn`. One more replaces the secret at the next deploy.
   *
   * @default 1
   */
  originSecretVersion: integer({ min: 1, max: 1_000_000, default: 1 }),

  /**
   * ARN of the web ACL of the distribution, with `cdn` (docs/doors.md#a-firewall): one for CloudFront, which is in us-east-1.
   *
   * @default - none
   */
  webAclArn: text(
    WEB_ACL,
    'an ARN such as arn:aws:wafv2:us-east-1:111122223333:global/webacl/photos/12345678-1234-1234-1234-123456789012',
    '',
  ),

  /**
   * Requests of one address in five minutes before the firewall refuses more with status 429 (docs/doors.md#a-firewall). A page polls at most 1,200 times
   * in five minutes. It is in effect with a deploy of the firewall, and not of the stage.
   *
   * @default 3000
   */
  requestsPerAddress: integer({
    min: 10,
    max: 2_000_000_000,
    default: 3000,
    reason: 'which WAF allows',
  }),

  /**
   * Keys of what is stored. `aws`: those of the AWS services. `kms`: one of the account, which the stack makes, for bucket, queues, tables,
   * logs, volumes and the topic of alarms, for USD 1 a month and requests (docs/doors.md#a-key-of-your-own).
   *
   * @default aws
   */
  encryption: choice(['aws', 'kms'], 'aws'),
};

type Doors = ValuesOf<typeof DOOR_FIELDS> & Pick<ValuesOf<typeof GATEWAY_FIELDS>, 'access'>;

export const DOOR_RULES: Rule<Doors>[] = [
  {
    of: ['domainName', 'access'],
    holds: ({ domainName, access }) => domainName === '' || access !== 'none',
    allowed: () => "with an access other than 'none' only: without a gateway nothing is reached by a name",
  },
  {
    of: ['certificateArn', 'domainName'],
    holds: ({ certificateArn, domainName }) => (certificateArn === '') === (domainName === ''),
    allowed: ({ domainName }) =>
      domainName === ''
        ? 'with domainName only, which is not given'
        : `with domainName, the ARN of the certificate of ${domainName}`,
  },
  {
    of: ['hostedZoneId', 'domainName'],
    holds: ({ hostedZoneId, domainName }) => hostedZoneId === '' || domainName !== '',
    allowed: () => 'with domainName only, which is not given',
  },
  {
    of: ['certificateArn', 'cdn'],
    holds: ({ certificateArn, cdn }) =>
      !cdn || certificateArn === '' || certificateArn.split(':')[3] === 'us-east-1',
    allowed: () => 'with cdn one in us-east-1: CloudFront takes no other',
  },
  {
    of: ['cdn', 'access'],
    holds: ({ cdn, access }) => !cdn || !['none', 'iam'].includes(access),
    allowed: ({ access }) =>
      `with access open, jwt or cognito only, which is ${access}: an AWS signature is of the API's own address, which CloudFront replaces`,
  },
  {
    of: ['originSecretVersion', 'cdn'],
    holds: ({ originSecretVersion, cdn }) => cdn || originSecretVersion === 1,
    allowed: () => 'with cdn only: there is no secret to replace',
  },
  {
    of: ['webAclArn', 'cdn'],
    holds: ({ webAclArn, cdn }) => webAclArn === '' || cdn,
    allowed: () => 'with cdn only: an HTTP API takes no web ACL',
  },
];
