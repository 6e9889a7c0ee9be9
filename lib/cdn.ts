/**
 * CloudFront in front of API and page. The API's answers are never cached, files of the page for a minute.
 *
 * Gotchas:
 * - API Gateway takes no other Host than its own: the viewer's is not passed on, and AWS signatures, which cover it, do not hold.
 * - API Gateway sees CloudFront's address as the caller's: a function of CloudFront adds the viewer's.
 * - CloudFront takes certificates and web ACLs of us-east-1 only.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { ORIGIN_SECRET_HEADER, VIEWER_FUNCTION } from '../contract/edge.ts';
import { SERVICE } from '../contract/names.ts';
import { PAGE_FILES } from '../contract/page.ts';
import { AliasRecords } from './api-domain.ts';
import { OriginSecrets, type OriginSecretsProps } from './origin-secrets.ts';
import { acknowledge } from './permissions.ts';

export interface CdnProps extends OriginSecretsProps {
  readonly stageName: string;
  /** Host of the API. */
  readonly origin: string;
  /** Empty: the distribution's own name. */
  readonly domainName: string;
  readonly certificateArn: string;
  readonly hostedZoneId: string;
  /** Empty: none. */
  readonly webAclArn: string;
}

/** A deploy of the page takes effect within it. */
const PAGE_TTL = Duration.minutes(1);

export class Cdn extends Construct {
  readonly distribution: cloudfront.Distribution;
  readonly secrets: OriginSecrets;

  constructor(scope: Construct, id: string, props: CdnProps) {
    super(scope, id);
    const { stageName, domainName, certificateArn, hostedZoneId, webAclArn } = props;
    this.secrets = new OriginSecrets(this, 'OriginSecrets', props);
    const origin = new HttpOrigin(props.origin, {
      protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
      originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
      customHeaders: { [ORIGIN_SECRET_HEADER]: this.secrets.secret },
    });
    const responseHeadersPolicy = this.securityHeaders(stageName);
    const page = {
      origin,
      responseHeadersPolicy,
      compress: true,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      cachePolicy: this.pageCache(),
    };
    const named = domainName !== '';
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: `API and page of stage ${stageName} of ddcolor-elastic`,
      defaultBehavior: {
        origin,
        responseHeadersPolicy,
        compress: true,
        allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
        // No redirect: a request that was sent without TLS has given its token away.
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
        originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        functionAssociations: [
          { function: this.viewerFunction(), eventType: cloudfront.FunctionEventType.VIEWER_REQUEST },
        ],
      },
      additionalBehaviors: Object.fromEntries(['', ...PAGE_FILES].map((file) => [`/${file}`, page])),
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      ...(named && {
        domainNames: [domainName],
        certificate: acm.Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      }),
      ...(webAclArn !== '' && { webAclId: webAclArn }),
    });
    this.acknowledgeFindings(named, webAclArn !== '');
    const { distributionDomainName } = this.distribution;
    if (hostedZoneId !== '')
      new AliasRecords(this, 'Records', {
        ...{ types: ['A', 'AAAA'], name: domainName, hostedZoneId },
        target: { dnsName: distributionDomainName, hostedZoneId: CloudFrontTarget.getHostedZoneId(this) },
      });
  }

  private viewerFunction(): cloudfront.Function {
    return new cloudfront.Function(this, 'ViewerAddress', {
      comment: 'Adds the address of the viewer, by which photos are limited',
      runtime: cloudfront.FunctionRuntime.JS_2_0,
      code: cloudfront.FunctionCode.fromInline(VIEWER_FUNCTION),
    });
  }

  /** The files ask browsers to revalidate at each load: CloudFront answers that for a minute, whatever the query. */
  private pageCache(): cloudfront.CachePolicy {
    return new cloudfront.CachePolicy(this, 'PageCache', {
      comment: 'Files of the page, the same for everyone',
      minTtl: PAGE_TTL,
      defaultTtl: PAGE_TTL,
      maxTtl: PAGE_TTL,
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    });
  }

  /** Those of the gateway, for answers that others give: API Gateway, and CloudFront for what it cannot reach. */
  private securityHeaders(stageName: string): cloudfront.ResponseHeadersPolicy {
    const { DENY } = cloudfront.HeadersFrameOption;
    const { NO_REFERRER } = cloudfront.HeadersReferrerPolicy;
    return new cloudfront.ResponseHeadersPolicy(this, 'SecurityHeaders', {
      // Global to the account, and the CDK's own name has no region: a stage can be in two.
      responseHeadersPolicyName: `${SERVICE}-${stageName}-${Stack.of(this).region}`,
      securityHeadersBehavior: {
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: DENY, override: false },
        referrerPolicy: { referrerPolicy: NO_REFERRER, override: false },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: false },
      },
    });
  }

  private acknowledgeFindings(named: boolean, hasFirewall: boolean): void {
    const { distribution } = this;
    acknowledge(
      distribution,
      'AwsSolutions-CFR1',
      'photos come from anywhere: an operator who knows better has the ACL',
    );
    acknowledge(
      distribution,
      'AwsSolutions-CFR3',
      'the log of the API has each request that reaches it, and a second one would be a bucket with who asked for which photo',
    );
    if (!hasFirewall)
      acknowledge(
        distribution,
        'AwsSolutions-CFR2',
        'webAclArn gives it one: a firewall costs by the month and by the request',
      );
    if (!named)
      acknowledge(
        distribution,
        'AwsSolutions-CFR4',
        'the certificate of CloudFront’s own name comes with its TLS versions: domainName has 1.2 and later',
      );
  }
}
