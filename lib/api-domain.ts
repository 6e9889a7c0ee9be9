/** The API under a name of its own: a regional domain of API Gateway, and its record. */
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
      new route53.CfnRecordSet(this, 'Record', {
        name: domainName,
        type: 'A',
        hostedZoneId,
        aliasTarget: { dnsName: regionalDomainName, hostedZoneId: regionalHostedZoneId },
      });
  }
}
