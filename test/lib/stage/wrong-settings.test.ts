/** Wrong settings of a stage: each is named with its value and what is allowed. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, DEFAULT_TYPES, resolvePolicy } from '../../../contract/policy.ts';
import { resolveStage, STAGE_FIELDS, STAGE_RULES, type StageConfig } from '../../../lib/stage/stage.ts';
import { CERTIFICATE, DOMAIN, WEB_ACL, ZONE } from '../door-settings.ts';
import { threshold } from '../../lambda/scaler/support/observations.ts';

type Named = StageConfig & { name?: string };

const slo = DEFAULT_POLICY;

/** A stage with one wrong setting, and its line in the error. */
const WRONG: [config: Named, line: string][] = [
  [
    { name: 'dev-on-demand' },
    "name 'dev-on-demand': a lowercase letter, then up to 17 lowercase letters, digits and hyphens, and not -on-demand at the end",
  ],
  [{ name: 'Prod' }, "name 'Prod': a lowercase letter, then up to 17 lowercase letters, digits and hyphens"],
  [{ name: 'a'.repeat(19) }, `name '${'a'.repeat(19)}': a lowercase letter`],
  [{ instanceTypes: [] }, 'instanceTypes []: at least one and at most 40, each once, such as g4dn.xlarge'],
  [{ instanceTypes: ['g6.xlarge', 'g6.xlarge'] }, 'instanceTypes [g6.xlarge, g6.xlarge]: at least one'],
  [{ instanceTypes: Array.from({ length: 41 }, (_, k) => `g6.${k}xlarge`) }, ': at least one and at most 40'],
  [{ instanceTypes: ['g6.xlarge', 'g6'] }, 'instanceTypes [g6.xlarge, g6]: at least one'],
  [
    { instanceTypes: ['p5.48xlarge'] },
    'instanceTypes [p5.48xlarge]: contract/prices.ts has no price of p5.48xlarge; give it in instancePrices',
  ],
  [{ minCapacity: -1 }, 'minCapacity -1: a whole number from 0 to 10000'],
  [{ minCapacity: 5, maxCapacity: 4 }, 'minCapacity 5: at most maxCapacity, which is 4'],
  [{ policy: threshold }, "minCapacity 0: at least 1 with the policy 'threshold'"],
  [{ maxCapacity: 0 }, 'maxCapacity 0: a whole number from 1'],
  [{ maxCapacity: 2.5 }, 'maxCapacity 2.5: a whole number'],
  [
    { onDemandBaseCapacity: 21, spotPercentage: 50 },
    'onDemandBaseCapacity 21: at most maxCapacity, which is 20',
  ],
  [
    { onDemandBaseCapacity: 3, minCapacity: 2 },
    'onDemandBaseCapacity 3: at most minCapacity, which is 2, with onDemandFallback true',
  ],
  [{ onDemandBaseCapacity: -1 }, 'onDemandBaseCapacity -1: a whole number'],
  [{ spotPercentage: 101 }, 'spotPercentage 101: a whole number from 0 to 100'],
  [
    { onDemandFallback: true, spotPercentage: 70 },
    'onDemandFallback true: with spotPercentage 100 only, which is 70',
  ],
  [{ onDemandFallback: 'yes' as unknown as boolean }, "onDemandFallback 'yes': true or false"],
  [{ volumeInitializationRate: 50 }, 'volumeInitializationRate 50: 0, or a whole number from 100 to 300'],
  [
    { volumeInitializationRate: 251 },
    'volumeInitializationRate 251: at most 250 with maxCapacity 20, since launches at once share 5000 MiB/s',
  ],
  [
    { volumeInitializationRate: 100, maxCapacity: 51 },
    'volumeInitializationRate 100: at most 0 with maxCapacity 51',
  ],
  ...[
    ['us-east-1'],
    ['us-east-1a', 'us-east-1a'],
    ['us-east-1a', 'us-west-2a'],
    [...'abcdefg'].map((letter) => `us-east-1${letter}`),
  ].map((availabilityZones): (typeof WRONG)[number] => [
    { availabilityZones },
    `availabilityZones [${availabilityZones.join(', ')}]: up to six zones of one region, each once`,
  ]),
  [{ warmPoolSize: 21, spotPercentage: 0 }, 'warmPoolSize 21: at most maxCapacity, which is 20'],
  [
    { warmPoolSize: 1, spotPercentage: 70 },
    'warmPoolSize 1: with onDemandFallback true, or with spotPercentage 0, which is 70',
  ],
  [
    { warmPoolSize: 1, onDemandFallback: false },
    'warmPoolSize 1: with onDemandFallback true, or with spotPercentage 0, which is 100',
  ],
  [{ warmPoolSize: -1 }, 'warmPoolSize -1: a whole number'],
  [{ tickSeconds: 7 }, 'tickSeconds 7: a whole number from 1 to 60 that divides 60'],
  [{ tickSeconds: 0 }, 'tickSeconds 0: '],
  [{ bulkDeadlineSeconds: 59 }, 'bulkDeadlineSeconds 59: a whole number from 60 to 86400'],
  [{ policy: { ...slo, emptyHoldSeconds: -1 } }, 'policy.emptyHoldSeconds -1: from 0 to 86400'],
  [{ policy: { ...slo, sleepAfterSeconds: NaN } }, 'policy.sleepAfterSeconds NaN: from 0 to 86400'],
  [{ policy: { ...slo, serviceSeconds: 0 } }, 'policy.serviceSeconds 0: above 0 and at most 86400'],
  [{ policy: { ...slo, bootSeconds: 0 } }, 'policy.bootSeconds 0: above 0'],
  [{ policy: { ...slo, priceOfWaiting: 0 } }, 'policy.priceOfWaiting 0: above 0'],
  [
    { minCapacity: 1, policy: { ...threshold, scaleInStep: 0 } },
    'policy.scaleInStep 0: a whole number from 1',
  ],
  [{ workflow: '' }, "workflow '': a name or an absolute path"],
  [{ otherWorkflows: [''] }, 'otherWorkflows []: a list of names, absolute paths and chains, at most 8'],
  [
    { otherWorkflows: [...'abcdefghi'] },
    'otherWorkflows [a, b, c, d, e, f, g, h, i]: a list of names, absolute paths and chains, at most 8',
  ],
  [{ maxMegapixels: 179 }, "maxMegapixels 179: above 0 and at most 178, the limit of ComfyUI's decoder"],
  [{ maxMegapixels: 0 }, 'maxMegapixels 0: above 0'],
  [{ device: 'gpu' as 'cpu' }, "device 'gpu': cuda or cpu"],
  [{ path: 'luma' as 'plain' }, "path 'luma': chroma or plain"],
  [{ batchSize: 0 }, 'batchSize 0: a whole number from 1 to 64'],
  [{ noticePollSeconds: 31 }, 'noticePollSeconds 31: above 0 and at most 30'],
  [{ visibilityTimeoutSeconds: 9 }, 'visibilityTimeoutSeconds 9: a whole number from 10 to 43200'],
  [{ maxAttempts: 0 }, 'maxAttempts 0: a whole number from 1 to 100'],
  [{ maxReceiveCount: 1 }, 'maxReceiveCount 1: a whole number from 2'],
  [{ maxReceiveCount: 5 }, 'maxReceiveCount 5: more than maxAttempts, which is 5'],
  [{ photoRetentionDays: 3651 }, 'photoRetentionDays 3651: a whole number from 1 to 3650'],
  [{ resultRetentionDays: 0 }, 'resultRetentionDays 0: a whole number from 1'],
  [{ retainData: 'yes' as unknown as boolean }, "retainData 'yes': true or false"],
  [{ probePhoto: 'weekly' as 'daily' }, "probePhoto 'weekly': off, daily or hourly"],
  [{ probePhoto: 'hourly' }, "probePhoto 'hourly': with minCapacity at least 1 only"],
  [
    { probePhoto: 'daily', promisedWaitSeconds: 2101 },
    "probePhoto 'daily': with promisedWaitSeconds at most 2100 only, which is 2101",
  ],
  [{ access: 'all' as 'open' }, "access 'all': none, open, jwt, iam or cognito"],
  [{ access: 'open', selfSignUp: true }, "selfSignUp true: only with access 'cognito'"],
  [
    { access: 'jwt', jwtAudience: ['page'] },
    "jwtIssuer '': with access 'jwt', the address of an OpenID issuer, https only",
  ],
  [{ access: 'jwt', jwtIssuer: 'https://', jwtAudience: ['page'] }, "jwtIssuer 'https://': with access"],
  [
    { access: 'jwt', jwtIssuer: 'http://issuer.example', jwtAudience: ['page'] },
    "jwtIssuer 'http://issuer.example': with access 'jwt', the address of an OpenID issuer, https only",
  ],
  [{ access: 'jwt', jwtIssuer: 'issuer.example', jwtAudience: ['page'] }, "jwtIssuer 'issuer.example': with"],
  [{ jwtIssuer: 1 as unknown as string }, 'jwtIssuer 1: a text'],
  [{ access: 'jwt', jwtIssuer: 'https://issuer.example' }, "jwtAudience []: with access 'jwt', at least one"],
  [{ jwtAudience: [''] }, 'jwtAudience []: '],
  [{ maxUploadMegabytes: 0 }, 'maxUploadMegabytes 0: from 0.001 to 5000'],
  [
    { maxUploadMegabytes: 5001 },
    'maxUploadMegabytes 5001: from 0.001 to 5000, the most that one S3 upload takes',
  ],
  [{ maxUploadMegabytes: NaN }, 'maxUploadMegabytes NaN: from 0.001'],
  [{ photosPerHour: 0 }, 'photosPerHour 0: a whole number from 1 to 1000000000'],
  [{ photosPerDay: 1.5 }, 'photosPerDay 1.5: a whole number'],
  [{ requestsPerSecond: -1 }, 'requestsPerSecond -1: a whole number'],
  [
    { linkSeconds: 59 },
    'linkSeconds 59: a whole number from 60 to 3600, since links expire with the credentials',
  ],
  [{ linkSeconds: 3601 }, 'linkSeconds 3601: '],
  ...[
    'example',
    'Photos.example.com',
    'https://photos.example.com',
    '*.example.com',
    '-a.example.com',
    `${'a.'.repeat(124)}photos`,
  ].map((domainName): (typeof WRONG)[number] => [
    { access: 'open', domainName },
    `domainName '${domainName}': a name such as photos.example.com`,
  ]),
  [{ domainName: DOMAIN, certificateArn: CERTIFICATE }, `domainName '${DOMAIN}': with an access other than`],
  [{ certificateArn: 'arn:aws:iam::1:server-certificate/a' }, 'an ARN such as arn:aws:acm:eu-west-1:'],
  [
    { access: 'open', domainName: DOMAIN },
    `certificateArn '': with domainName, the ARN of the certificate of ${DOMAIN}`,
  ],
  [{ certificateArn: CERTIFICATE }, `certificateArn '${CERTIFICATE}': with domainName only`],
  [{ hostedZoneId: 'example.com' }, "hostedZoneId 'example.com': an id such as Z0123456789ABCDEFGHIJ"],
  [{ hostedZoneId: ZONE }, `hostedZoneId '${ZONE}': with domainName only`],
  [
    { access: 'open', cdn: true, domainName: DOMAIN, certificateArn: CERTIFICATE },
    `certificateArn '${CERTIFICATE}': with cdn one in us-east-1: CloudFront takes no other`,
  ],
  [{ cdn: 'yes' as unknown as boolean }, "cdn 'yes': true or false"],
  [{ cdn: true }, 'cdn true: with access open, jwt or cognito only, which is none'],
  [
    { cdn: true, access: 'iam' },
    'cdn true: with access open, jwt or cognito only, which is iam: an AWS signature',
  ],
  [{ originSecretVersion: 0 }, 'originSecretVersion 0: a whole number from 1'],
  [{ originSecretVersion: 2 }, 'originSecretVersion 2: with cdn only'],
  [
    { webAclArn: WEB_ACL.replace('us-east-1', 'eu-west-1') },
    'an ARN such as arn:aws:wafv2:us-east-1:111122223333:global/webacl/photos/',
  ],
  [
    { webAclArn: WEB_ACL, access: 'open' },
    `webAclArn '${WEB_ACL}': with cdn only: an HTTP API takes no web ACL`,
  ],
  [{ requestsPerAddress: 9 }, 'requestsPerAddress 9: a whole number from 10 to 2000000000, which WAF allows'],
  [{ encryption: 'own' as 'kms' }, "encryption 'own': aws or kms"],
  [
    { instancePrices: { 'g6.xlarge': -1 } },
    'instancePrices.g6.xlarge -1: USD an hour, above 0 and below 1000',
  ],
  [{ dailySpendLimit: 0 }, 'dailySpendLimit 0: above 0 and at most 1000000'],
  [{ webhooks: 'on' as unknown as boolean }, "webhooks 'on': true or false"],
  [{ webhooks: true, access: 'iam' }, 'webhooks true: with outcomeEvents only'],
  [{ usage: 'on' as unknown as boolean }, "usage 'on': true or false"],
  [{ usage: true, access: 'iam' }, 'usage true: with outcomeEvents only'],
  [{ usage: true, outcomeEvents: true, access: 'none' }, 'usage true: with an access other than none'],
  [
    { webhooks: true, outcomeEvents: true },
    'webhooks true: with access jwt, cognito or iam only, which is none',
  ],
  [
    { webhooks: true, outcomeEvents: true, access: 'open' },
    'webhooks true: with access jwt, cognito or iam only, which is open',
  ],
  [{ webhookMaxPauseSeconds: 901 }, 'webhookMaxPauseSeconds 901: a whole number from 1 to 900'],
  [{ outcomeEvents: 'on' as unknown as boolean }, "outcomeEvents 'on': true or false"],
  [{ spendBrake: 1 as unknown as boolean }, 'spendBrake 1: true or false'],
  [{ promisedWaitSeconds: 59 }, 'promisedWaitSeconds 59: a whole number from 60 to 1209600'],
  [{ logRetentionDays: 10 }, 'logRetentionDays 10: 1, 3, 5, 7, 14, 30, 60, 90'],
  [{ burnRateAlarms: 1 as unknown as boolean }, 'burnRateAlarms 1: true or false'],
  [{ alarmEmail: 'me' }, "alarmEmail 'me': an address such as oncall@example.com"],
  [{ runbookUrl: 'https://wiki.example/a#b' }, "runbookUrl 'https://wiki.example/a#b': an address"],
  [{ maxCapasity: 3 } as StageConfig, 'maxCapasity: there is no such setting; the nearest is maxCapacity'],
  [{ minCapcity: 3 } as StageConfig, 'minCapcity: there is no such setting; the nearest is minCapacity'],
];

const resolve = ({ name = 'dev', ...config }: Named) => resolveStage(name, config);

function problems(config: Named): string[] {
  try {
    resolve(config);
    return [];
  } catch (error) {
    const [title, ...lines] = (error as Error).message.split('\n  ');
    expect(title).toBe(`stage '${config.name ?? 'dev'}' cannot be built:`);
    return lines;
  }
}

describe('a wrong setting', () => {
  it.each(WRONG)('%j is named', (config, line) => {
    expect(problems(config)).toEqual([expect.stringContaining(line)]);
  });

  it('is in the cases above for every field', () => {
    const named = new Set(WRONG.map(([, line]) => /^\w+/.exec(line)?.[0]));
    expect(Object.keys(STAGE_FIELDS).filter((name) => !named.has(name))).toEqual([]);
  });

  it.each(STAGE_RULES.map((rule) => [rule.of.join(', '), rule] as const))(
    'is in the cases above for the rule of %s',
    (_names, { of, holds }) => {
      const own = WRONG.filter(([, line]) => line.includes(of[0]));
      const values = ({ policy, ...config }: StageConfig) => ({
        ...resolve({}),
        ...config,
        policy: resolvePolicy(policy, DEFAULT_TYPES),
      });
      expect(own.some(([config]) => !holds(values(config)))).toBe(true);
    },
  );

  it('is named with all others', () => {
    expect(
      problems({ name: 'X', tickSeconds: 7, spotPercentage: -5, policy: { ...slo, bootSeconds: 0 } }),
    ).toEqual([
      expect.stringMatching(/^name 'X'/),
      expect.stringMatching(/^spotPercentage -5/),
      expect.stringMatching(/^policy\.bootSeconds 0/),
      expect.stringMatching(/^tickSeconds 7/),
    ]);
  });
});
