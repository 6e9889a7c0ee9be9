/** Access `cognito`: users, their sign-in page, and the tokens that the API accepts. */
import { describe, expect, it } from 'vitest';
import { resolveStage } from '../../lib/stage/stage.ts';
import { ofType, propertiesOf, synthesise, withPlainIds } from './template.ts';

const template = withPlainIds(synthesise('dev', { access: 'cognito' }));
const only = (type: string) => {
  const all = ofType(template, type);
  expect(all).toHaveLength(1);
  return all[0]?.Properties ?? {};
};
const page = 'https://';

describe('a stage with access cognito', () => {
  it('creates users by the operator alone, who confirm nothing by SMS', () => {
    const users = only('AWS::Cognito::UserPool');
    expect(users).toMatchObject({
      UserPoolName: 'ddcolor-elastic-dev',
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      DeletionProtection: 'INACTIVE',
    });
    expect(users.SmsConfiguration).toBeUndefined();
  });

  it('gives the page a client without a secret, for codes with PKCE and its own address alone', () => {
    const client = only('AWS::Cognito::UserPoolClient');
    expect(client).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid'],
      PreventUserExistenceErrors: 'ENABLED',
      SupportedIdentityProviders: ['COGNITO'],
    });
    const [callback, ...more] = client.CallbackURLs as { 'Fn::Join': [string, unknown[]] }[];
    expect(more).toEqual([]);
    expect(callback?.['Fn::Join'][1]).toEqual([
      page,
      { Ref: 'Api' },
      '.execute-api.',
      { Ref: 'AWS::Region' },
      '.',
      { Ref: 'AWS::URLSuffix' },
      '/',
    ]);
  });

  it('has the sign-in pages that know prompt=none, with a branding', () => {
    expect(only('AWS::Cognito::UserPoolDomain')).toMatchObject({ ManagedLoginVersion: 2 });
    expect(only('AWS::Cognito::ManagedLoginBranding')).toMatchObject({ UseCognitoProvidedValues: true });
    expect(only('AWS::Cognito::UserPool')).toMatchObject({ UserPoolTier: 'ESSENTIALS' });
  });

  it('accepts tokens of its users alone, and reads their groups', () => {
    const { JwtConfiguration, AuthorizerType } = only('AWS::ApiGatewayV2::Authorizer');
    const { Variables } = propertiesOf(template, 'GatewayFunction').Environment as {
      Variables: Record<string, unknown>;
    };
    const client = { Ref: 'GatewaySignInUsersPage' };
    const issuer = { 'Fn::GetAtt': ['GatewaySignInUsers', 'ProviderURL'] };
    expect([AuthorizerType, JwtConfiguration]).toEqual(['JWT', { Audience: [client], Issuer: issuer }]);
    expect(Variables).toMatchObject({
      ACCESS: 'jwt',
      ISSUER: issuer,
      CLIENT_ID: client,
      GROUPS_CLAIM: 'cognito:groups',
    });
  });
});

it.each([
  [{ retainData: true }, { DeletionProtection: 'ACTIVE' }],
  [{ selfSignUp: true }, { AdminCreateUserConfig: { AllowAdminCreateUserOnly: false } }],
])('with %j the users are %j', (more, properties) => {
  const made = synthesise('dev', { access: 'cognito', ...more });
  const [users] = ofType(made, 'AWS::Cognito::UserPool');
  expect(users?.Properties).toMatchObject(properties);
  expect(users?.DeletionPolicy).toBe('retainData' in more ? 'RetainExceptOnCreate' : 'Delete');
});

it('other stages have no users, and no groups', () => {
  const jwtIssuer = 'https://issuer.example';
  const made = withPlainIds(synthesise('dev', { access: 'jwt', jwtIssuer, jwtAudience: ['page'] }));
  expect(ofType(made, 'AWS::Cognito::UserPool')).toEqual([]);
  const { Variables } = propertiesOf(made, 'GatewayFunction').Environment as {
    Variables: Record<string, unknown>;
  };
  expect(Variables.GROUPS_CLAIM).toBe('');
});

it('selfSignUp needs the users', () => {
  expect(() => resolveStage('dev', { access: 'open', selfSignUp: true })).toThrow(
    /selfSignUp.*only with access 'cognito'/s,
  );
});
