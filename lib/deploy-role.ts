/**
 * What a pipeline on GitHub may do in this account, without a key that could leak: two roles for one stage.
 *
 * Gotcha: an environment's name is the whole trust. Which branches may use the environment is GitHub's to say, so its
 * settings must name `main` only (docs/pipelines.md).
 */
import { CfnOutput, DefaultStackSynthesizer, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { FAILED, INCOMING, RESULTS } from '../contract/keys.ts';
import { acknowledgeWildcards } from './permissions.ts';
import { photoBucketName } from './photo-store.ts';

/** GitHub's issuer of tokens. */
const ISSUER = 'token.actions.githubusercontent.com';
const AUDIENCE = 'sts.amazonaws.com';
/** Where the smoke test's photo and its ends are, below the prefixes that all photos have. */
const SMOKE = 'smoke/';
/**
 * Of the bootstrap's roles, those that a deploy assumes. Not `lookup`: synth asks an account nothing, and that role reads
 * everything in it, photos included. Not `image-publishing`: there is no container image.
 */
const BOOTSTRAP_ROLES = ['deploy-role', 'file-publishing-role'];

export interface DeployRoleProps {
  /**
   * The repository whose pipeline it is, as GitHub's tokens name it: `owner/name`, or with the numbers that never change,
   * `owner@1234/name@5678`, which repositories made or renamed since 15 July 2026 have. Capitals count.
   */
  readonly repository: string;

  /**
   * Stage that is deployed; also the name of GitHub's environment.
   */
  readonly stage: string;

  /**
   * Whether the account knows GitHub's tokens already: it can have only one provider for them. A new one stays when the
   * stack goes, since other roles may rely on it.
   *
   * @default new
   */
  readonly provider?: 'new' | 'existing';

  /**
   * Qualifier of the CDK's bootstrap, when that was made with one of its own.
   *
   * @default hnb659fds - the CDK's own
   */
  readonly qualifier?: string;
}

const defaults = { provider: 'new', qualifier: DefaultStackSynthesizer.DEFAULT_QUALIFIER } as const;

interface Rule {
  readonly broken: (props: Required<DeployRoleProps>) => boolean;
  readonly message: (props: Required<DeployRoleProps>) => string;
}

const RULES: Rule[] = [
  {
    broken: ({ repository }) =>
      !/^[a-z\d](-?[a-z\d]){0,38}(@\d+\/[\w.-]{1,100}@\d+|\/[\w.-]{1,100})$/i.test(repository),
    message: ({ repository }) => `repository '${repository}': owner/name, or owner@1234/name@5678`,
  },
  {
    broken: ({ stage }) => !/^[a-z][a-z0-9-]{0,19}$/.test(stage),
    message: ({ stage }) =>
      `stage '${stage}': a small letter, then up to 19 small letters, digits and hyphens`,
  },
  {
    broken: ({ provider }) => !/^(new|existing)$/.test(provider),
    message: ({ provider }) => `provider '${provider}': new or existing`,
  },
  {
    broken: ({ qualifier }) => !/^[a-z0-9]{1,10}$/.test(qualifier),
    message: ({ qualifier }) => `qualifier '${qualifier}': one to ten small letters and digits`,
  },
];

/**
 * Fills in the defaults and checks what was given.
 *
 * @throws Error that names every broken rule, with the value given and what is allowed
 */
export function resolveDeployRole(props: DeployRoleProps): Required<DeployRoleProps> {
  const { repository, stage, provider = defaults.provider, qualifier = defaults.qualifier } = props;
  const given = { repository, stage, provider, qualifier };
  const broken = RULES.filter((rule) => rule.broken(given)).map((rule) => rule.message(given));
  if (broken.length > 0) throw new Error(`the deploy role cannot be built:\n  ${broken.join('\n  ')}`);
  return given;
}

export class DeployRoleStack extends Stack {
  constructor(scope: Construct, id: string, props: DeployRoleProps) {
    const { repository, stage, provider, qualifier } = resolveDeployRole(props);
    const description = `What the pipeline of ${repository} may do for stage ${stage} of ddcolor-elastic`;
    super(scope, id, { description, synthesizer: new DefaultStackSynthesizer({ qualifier }) });

    const providerArn = provider === 'new' ? this.newProvider() : this.iamArn('oidc-provider', ISSUER);
    const trust = new iam.WebIdentityPrincipal(providerArn, {
      StringEquals: {
        [`${ISSUER}:aud`]: AUDIENCE,
        [`${ISSUER}:sub`]: `repo:${repository}:environment:${stage}`,
      },
    });

    const deploy = new iam.PolicyStatement({
      actions: ['sts:AssumeRole'],
      resources: BOOTSTRAP_ROLES.map((role) =>
        this.iamArn('role', `cdk-${qualifier}-${role}-${this.account}-${this.region}`),
      ),
    });
    const bucket = `arn:${this.partition}:s3:::${photoBucketName(this, stage)}`;
    const smoke = [
      new iam.PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [`${bucket}/${INCOMING}${SMOKE}*`],
      }),
      new iam.PolicyStatement({
        actions: ['s3:GetObject', 's3:DeleteObject'],
        resources: [`${bucket}/${RESULTS}${SMOKE}*`, `${bucket}/${FAILED}${SMOKE}*`],
      }),
    ];
    this.role('DeployRole', 'deploys the stage through the roles of the CDK bootstrap', trust, [deploy]);
    const smoking = this.role(
      'SmokeRole',
      'sends one photo through the stage and looks at its end',
      trust,
      smoke,
    );
    acknowledgeWildcards(
      smoking,
      smoke.flatMap(({ resources }) => resources),
      'the photo of a smoke test and its ends, whatever its name',
    );
  }

  private role(
    id: 'DeployRole' | 'SmokeRole',
    does: string,
    trust: iam.IPrincipal,
    may: iam.PolicyStatement[],
  ): iam.Role {
    const role = new iam.Role(this, id, {
      description: `GitHub Actions: ${does}`,
      assumedBy: trust,
      maxSessionDuration: Duration.hours(1),
      inlinePolicies: { Only: new iam.PolicyDocument({ statements: may }) },
    });
    new CfnOutput(this, `${id}Arn`, { value: role.roleArn });
    return role;
  }

  /** The native resource: the CDK's older construct brings a function that may change any provider. */
  private newProvider(): string {
    const url = `https://${ISSUER}`;
    return new iam.OidcProviderNative(this, 'GitHub', {
      url,
      clientIds: [AUDIENCE],
      removalPolicy: RemovalPolicy.RETAIN,
    }).oidcProviderArn;
  }

  private iamArn(resource: string, resourceName: string): string {
    return this.formatArn({ service: 'iam', region: '', resource, resourceName });
  }
}
