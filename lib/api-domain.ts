/** Names of the API: its own, and one of the stage, which is a regional domain of API Gateway with its record. */
import { Stack } from 'aws-cdk-lib';
import * as api from 'aws-cdk-lib/aws-apigatewayv2';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';

export interface ApiDomainProps {
  readonly domainName: string;
  /** In the region of the stack: API Gateway refuses any other. */
  readonly certificateArn: string;
  /** Empty: the operator makes the record. */
  readonly hostedZoneId: string;
}

export class ApiDomain extends Construct {
  readonly domain: api.DomainName;
  /** Name to which the record points. */
  readonly target: string;

  constructor(scope: Construct, id: string, props: ApiDomainProps) {
    super(scope, id);
    const { domainName, certificateArn, hostedZoneId } = props;
    this.domain = new api.DomainName(this, 'Name', {
      domainName,
      certificate: acm.Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: api.EndpointType.REGIONAL,
      securityPolicy: api.SecurityPolicy.TLS_1_2,
    });
    const { regionalDomainName, regionalHostedZoneId } = this.domain;
    this.target = regionalDomainName;
    if (hostedZoneId !== '')
      new AliasRecords(this, 'Records', {
        ...{ types: ['A'], name: domainName, hostedZoneId },
        target: { dnsName: regionalDomainName, hostedZoneId: regionalHostedZoneId },
      });
  }
}

export interface AliasRecordsProps {
  readonly types: readonly ('A' | 'AAAA')[];
  readonly name: string;
  readonly hostedZoneId: string;
  /** Something of AWS. */
  readonly target: route53.CfnRecordSet.AliasTargetProperty;
}

/** Records of a name, one of each type. */
export class AliasRecords extends Construct {
  constructor(scope: Construct, id: string, { types, target, ...rest }: AliasRecordsProps) {
    super(scope, id);
    for (const type of types) new route53.CfnRecordSet(this, type, { ...rest, type, aliasTarget: target });
  }
}

/** Host that API Gateway gives an API. */
export const apiHost = (scope: Construct, apiId: string): string => {
  const { region, urlSuffix } = Stack.of(scope);
  return `${apiId}.execute-api.${region}.${urlSuffix}`;
};
