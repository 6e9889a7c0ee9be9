/**
 * Users of a stage: a Cognito user pool with a hosted sign-in page.
 *
 * Gotcha: the page stays signed in after a reload by `prompt=none`, which only the newer sign-in pages know. They need the
 * feature plan Essentials, and a branding, without which they show an error.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { SERVICE } from '../contract/names.ts';
import { acknowledge } from './permissions.ts';
import { invalidProps } from './props.ts';

/** Claim of Cognito's tokens. */
export const GROUPS_CLAIM = 'cognito:groups';

/** Words that no prefix of a sign-in domain may have. */
const RESERVED = ['aws', 'amazon', 'cognito'];

export interface SignInProps {
  readonly stageName: string;
  /** Address of the page, to which the sign-in page returns. */
  readonly pageUrl: string;
  /** Whether anyone may create an account. */
  readonly selfSignUp: boolean;
  /** Whether the users survive the deletion of the stack. */
  readonly retainData: boolean;
}

/** Users sign in by their email address; those of one group share their photos. */
export class SignIn extends Construct {
  readonly userPool: cognito.IUserPool;
  /** OpenID issuer of the tokens, and their audience. */
  readonly issuer: string;
  readonly clientId: string;

  constructor(scope: Construct, id: string, props: SignInProps) {
    super(scope, id);
    const { stageName, pageUrl, selfSignUp, retainData } = props;
    const reserved = RESERVED.find((word) => stageName.includes(word));
    if (reserved !== undefined)
      throw invalidProps(this, [
        `stageName '${stageName}': without '${reserved}', which Cognito allows in no sign-in domain`,
      ]);
    const userPool = new cognito.UserPool(this, 'Users', {
      userPoolName: `${SERVICE}-${stageName}`,
      featurePlan: cognito.FeaturePlan.ESSENTIALS,
      selfSignUpEnabled: selfSignUp,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      keepOriginal: { email: true },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(7),
      },
      mfa: cognito.Mfa.OPTIONAL,
      mfaSecondFactor: { sms: false, otp: true },
      deletionProtection: retainData,
      removalPolicy: retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    this.userPool = userPool;
    acknowledge(
      userPool,
      'AwsSolutions-COG3',
      'threat protection is part of the plan Plus, at USD 0.02 a user and month from the first user on',
    );
    acknowledge(
      userPool,
      'AwsSolutions-COG2',
      'a second factor is the choice of each user: photos of their own are what a password alone protects',
    );
    acknowledge(userPool, 'AwsSolutions-COG8', 'the same plan: the rest of it is threat protection');
    const client = userPool.addClient('Page', {
      // A page keeps no secret: PKCE is in its place.
      generateSecret: false,
      authFlows: {},
      preventUserExistenceErrors: true,
      supportedIdentityProviders: [cognito.UserPoolClientIdentityProvider.COGNITO],
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [cognito.OAuthScope.OPENID],
        callbackUrls: [pageUrl],
        logoutUrls: [pageUrl],
      },
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
    });
    const { account } = Stack.of(this);
    const domain = userPool.addDomain('SignInPage', {
      // Unique in the region, among all accounts.
      cognitoDomain: { domainPrefix: `${SERVICE}-${stageName}-${account}` },
      managedLoginVersion: cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
    const branding = new cognito.CfnManagedLoginBranding(this, 'Branding', {
      userPoolId: userPool.userPoolId,
      clientId: client.userPoolClientId,
      useCognitoProvidedValues: true,
    });
    branding.node.addDependency(domain);
    this.issuer = userPool.userPoolProviderUrl;
    this.clientId = client.userPoolClientId;
  }
}
