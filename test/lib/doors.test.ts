/** The doors of a stage, each in its template: what it adds, what it closes, and that nothing is there without it. Wrong settings: wrong-settings.test.ts. */
import { describe, expect, it } from 'vitest';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { CERTIFICATE, DOMAIN, ZONE } from './door-settings.ts';
import { ofType, only, propertiesOf, synthesise, withPlainIds, type StackTemplate } from './template.ts';

const make = (more: StageConfig) => withPlainIds(synthesise('dev', more));
const originsOf = (template: StackTemplate) =>
  propertiesOf(template, 'PhotosBucket').CorsConfiguration.CorsRules[0].AllowedOrigins as unknown[];
const NAMED: StageConfig = { domainName: DOMAIN, certificateArn: CERTIFICATE };

describe('a stage with a name of its own', () => {
  const template = make({ access: 'cognito', ...NAMED, hostedZoneId: ZONE });

  it('is reached by it alone: with its certificate, TLS 1.2 or later, and no other address', () => {
    expect(only(template, 'AWS::ApiGatewayV2::DomainName')).toMatchObject({
      DomainName: DOMAIN,
      DomainNameConfigurations: [
        { CertificateArn: CERTIFICATE, EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' },
      ],
    });
    expect(only(template, 'AWS::ApiGatewayV2::ApiMapping')).toEqual({
      ApiId: { Ref: 'Api' },
      DomainName: { Ref: 'ApiDomainName' },
      Stage: '$default',
    });
    expect(only(template, 'AWS::ApiGatewayV2::Api').DisableExecuteApiEndpoint).toBe(true);
  });

  it('is the origin of the page for the bucket and for the sign-in, and the address in the outputs', () => {
    expect(originsOf(template)).toEqual([`https://${DOMAIN}`]);
    expect(only(template, 'AWS::Cognito::UserPoolClient')).toMatchObject({
      CallbackURLs: [`https://${DOMAIN}/`],
      LogoutURLs: [`https://${DOMAIN}/`],
    });
    expect(template.Outputs.ApiUrl?.Value).toBe(`https://${DOMAIN}/`);
    expect(template.Outputs.DomainTarget?.Value).toEqual({
      'Fn::GetAtt': ['ApiDomainName', 'RegionalDomainName'],
    });
  });

  it('has a record in its hosted zone, where one is given', () => {
    expect(only(template, 'AWS::Route53::RecordSet')).toEqual({
      Name: DOMAIN,
      Type: 'A',
      HostedZoneId: ZONE,
      AliasTarget: {
        DNSName: { 'Fn::GetAtt': ['ApiDomainName', 'RegionalDomainName'] },
        HostedZoneId: { 'Fn::GetAtt': ['ApiDomainName', 'RegionalHostedZoneId'] },
      },
    });
    expect(ofType(make({ access: 'open', ...NAMED }), 'AWS::Route53::RecordSet')).toEqual([]);
  });
});
