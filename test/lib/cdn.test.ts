/** A stage with CloudFront in front of API and page. What the gateway does behind it: test/lambda/gateway/origin.test.ts. */
import { describe, expect, it } from 'vitest';
import { PAGE_FILES } from '../../contract/page.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { CDN_CERTIFICATE, DOMAIN, WEB_ACL, ZONE } from './door-settings.ts';
import {
  before,
  grants,
  ofType,
  only,
  propertiesOf,
  synthesise,
  withPlainIds,
  type Properties,
  type StackTemplate,
} from './template.ts';

const make = (more: StageConfig) => withPlainIds(synthesise('dev', { cdn: true, ...more }));
const attribute = (id: string, name: string) => ({ 'Fn::GetAtt': [id, name] });
const secretOf = (version: number) => `ApiCdnOriginSecretsSecret${version}`;
const distributionOf = (template: StackTemplate) =>
  only(template, 'AWS::CloudFront::Distribution').DistributionConfig as Properties;
const originsOf = (template: StackTemplate) =>
  propertiesOf(template, 'PhotosBucket').CorsConfiguration.CorsRules[0].AllowedOrigins as unknown[];

const plain = make({ access: 'cognito' });
const named = make({
  access: 'open',
  domainName: DOMAIN,
  certificateArn: CDN_CERTIFICATE,
  hostedZoneId: ZONE,
  webAclArn: WEB_ACL,
  originSecretVersion: 2,
});

describe.each([
  ['CloudFront’s own name', plain, 1],
  ['a name of its own and a replaced secret', named, 2],
])('a stage behind CloudFront, with %s,', (_name, template, version) => {
  const distribution = distributionOf(template);

  it('reaches the API by TLS, with the secret in use', () => {
    expect(distribution.Origins).toEqual([
      expect.objectContaining({
        DomainName: {
          'Fn::Join': [
            '',
            [{ Ref: 'Api' }, '.execute-api.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }],
          ],
        },
        CustomOriginConfig: { OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] },
        OriginCustomHeaders: [
          { HeaderName: 'x-origin-secret', HeaderValue: attribute(secretOf(version), 'Secret') },
        ],
      }),
    ]);
    // CloudFront has to reach it: the gateway refuses what has no secret.
    expect(only(template, 'AWS::ApiGatewayV2::Api')).not.toHaveProperty('DisableExecuteApiEndpoint');
    expect(ofType(template, 'AWS::ApiGatewayV2::DomainName')).toEqual([]);
  });

  it('caches no answer of the API, and passes on everything but Host, with the viewer’s address', () => {
    const { DefaultCacheBehavior } = distribution;
    expect(DefaultCacheBehavior).toMatchObject({
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
      // AWS's own policies CachingDisabled and AllViewerExceptHostHeader.
      CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      ViewerProtocolPolicy: 'https-only',
      FunctionAssociations: [
        { EventType: 'viewer-request', FunctionARN: attribute('ApiCdnViewerAddress', 'FunctionARN') },
      ],
    });
  });

  it('caches the files of the page for a minute, whatever the query, compressed', () => {
    const behaviors = distribution.CacheBehaviors as Properties[];
    expect(behaviors.map(({ PathPattern }) => PathPattern as string)).toEqual(
      ['', ...PAGE_FILES].map((file) => `/${file}`),
    );
    for (const one of behaviors) {
      expect(one).toMatchObject({
        CachePolicyId: { Ref: 'ApiCdnPageCache' },
        Compress: true,
        ViewerProtocolPolicy: 'redirect-to-https',
      });
      expect(one).not.toHaveProperty('OriginRequestPolicyId');
    }
    expect(only(template, 'AWS::CloudFront::CachePolicy').CachePolicyConfig).toMatchObject({
      ...{ MinTTL: 60, DefaultTTL: 60, MaxTTL: 60 },
      ParametersInCacheKeyAndForwardedToOrigin: {
        ...{ EnableAcceptEncodingBrotli: true, EnableAcceptEncodingGzip: true },
        CookiesConfig: { CookieBehavior: 'none' },
        HeadersConfig: { HeaderBehavior: 'none' },
        QueryStringsConfig: { QueryStringBehavior: 'none' },
      },
    });
  });

  it('adds security headers to every answer, and leaves those of the gateway', () => {
    const { SecurityHeadersConfig } = only(template, 'AWS::CloudFront::ResponseHeadersPolicy')
      .ResponseHeadersPolicyConfig as Properties;
    expect(SecurityHeadersConfig).toEqual({
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'DENY', Override: false },
      ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: false },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000, Override: false },
    });
    for (const { ResponseHeadersPolicyId } of [
      distribution.DefaultCacheBehavior,
      ...distribution.CacheBehaviors,
    ])
      expect(ResponseHeadersPolicyId).toEqual({ Ref: 'ApiCdnSecurityHeaders' });
  });

  it('has the secret in use, and the next one, which the gateway accepts already', () => {
    const secrets = [version, version + 1].map(secretOf);
    const { Resources } = template;
    expect(Object.keys(Resources).filter((id) => Resources[id]?.Type === 'Custom::OriginSecret')).toEqual(
      secrets,
    );
    const digests = propertiesOf(template, 'GatewayFunction').Environment.Variables.ORIGIN_DIGESTS as unknown;
    const [one, next] = secrets.map((id) => attribute(id, 'Digest'));
    expect(digests).toEqual({ 'Fn::Join': ['', [one, ',', next]] });
    // One that was replaced is refused only once the distribution has the new one.
    expect(before(template, 'GatewayFunction')).toContain('ApiCdnDistribution');
  });
});

it('what makes the secrets may write its own log, and nothing else', () =>
  expect(
    grants(plain, 'ApiCdnOriginSecretsHandlerRole').map(({ action, resource }) => [action, resource]),
  ).toEqual(
    ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => [
      action,
      JSON.stringify(attribute('ApiCdnOriginSecretsHandlerLogs', 'Arn')),
    ]),
  ));

describe('the address of a stage behind CloudFront', () => {
  it('is CloudFront’s where it has no other: for bucket, sign-in and outputs', () => {
    const address = ['https://', attribute('ApiCdnDistribution', 'DomainName')];
    expect(originsOf(plain)).toEqual([{ 'Fn::Join': ['', address] }]);
    const page = { 'Fn::Join': ['', [...address, '/']] };
    expect(only(plain, 'AWS::Cognito::UserPoolClient').CallbackURLs).toEqual([page]);
    expect(plain.Outputs.ApiUrl?.Value).toEqual(page);
    expect(plain.Outputs).not.toHaveProperty('DomainTarget');
    expect(distributionOf(plain)).not.toHaveProperty('Aliases');
    expect(distributionOf(plain)).not.toHaveProperty('WebACLId');
  });

  it('is its name, with a certificate of us-east-1, records for IPv4 and IPv6, and the firewall', () => {
    expect(distributionOf(named)).toMatchObject({
      Aliases: [DOMAIN],
      ViewerCertificate: {
        AcmCertificateArn: CDN_CERTIFICATE,
        MinimumProtocolVersion: 'TLSv1.2_2021',
        SslSupportMethod: 'sni-only',
      },
      WebACLId: WEB_ACL,
    });
    expect(originsOf(named)).toEqual([`https://${DOMAIN}`]);
    expect(named.Outputs.ApiUrl?.Value).toBe(`https://${DOMAIN}/`);
    const records = ofType(named, 'AWS::Route53::RecordSet').map(({ Properties }) => Properties);
    expect(
      records.map(({ Type, Name, AliasTarget }) => [Type, Name, AliasTarget.DNSName] as unknown),
    ).toEqual(['A', 'AAAA'].map((type) => [type, DOMAIN, attribute('ApiCdnDistribution', 'DomainName')]));
  });
});

it('a stage without CloudFront has nothing of it, and a gateway that takes requests directly', () => {
  const template = withPlainIds(synthesise('dev', { access: 'cognito' }));
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  expect(types.filter((type) => /CloudFront|OriginSecret|WAF|Route53/.test(type))).toEqual([]);
  expect(propertiesOf(template, 'GatewayFunction').Environment.Variables.ORIGIN_DIGESTS).toBe('');
});
