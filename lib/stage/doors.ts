/** Settings of the doors: the name under which the API is reached, and the key of stored data. Each is off by default, and then the template has nothing of it. */
import { choice, text, type ValuesOf } from '../../contract/field.ts';
import type { Rule } from './check.ts';
import type { GATEWAY_FIELDS } from './gateway.ts';

const NAME = /^$|^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/;
const CERTIFICATE = /^$|^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/;

export const DOOR_FIELDS = {
  /**
   * Name under which API and page are reached (docs/doors.md#a-name-of-your-own). The API's own address is then closed.
   *
   * @default - none: the API is reached at its own address
   */
  domainName: text(NAME, 'a name such as photos.example.com, in lowercase', ''),

  /**
   * ARN of the certificate of `domainName` in AWS Certificate Manager, in the region of the stack.
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
];
