/** cfn-lint, in three regions: a stage with as much in it as one can have; in the long form every kind of stage. */
import { expect, it } from 'vitest';
import { stages, type StageName } from '../../bin/stages.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { make } from './deploy-role-facts.ts';
import { CDN_CERTIFICATE, CERTIFICATE, DOMAIN, WEB_ACL, ZONE } from './door-settings.ts';
import { JWT, lint, LONGEST, SPOILT, THRESHOLD, WARM } from './linted.ts';
import { synthesise } from './template.ts';

it('cfn-lint finds nothing in a stage, and what is wrong in a spoilt one', async () => {
  const stage = synthesise(
    'prod',
    { ...JWT, ...WARM, ...THRESHOLD, alarmEmail: 'oncall@example.com', probePhoto: 'hourly' },
    LONGEST,
  );
  const found = await lint({ stage, spoilt: SPOILT });
  expect(found.stage).toEqual([]);
  expect(found.spoilt?.join('\n')).toMatch(/E3002 .*QueueColour/);
  expect(found.spoilt?.join('\n')).toMatch(/E3034 .*1209601 is greater than the maximum of 1209600/);
});

const KINDS: Record<string, StageConfig> = {
  open: { access: 'open' },
  jwt: JWT,
  cognito: { access: 'cognito' },
  named: { access: 'open', domainName: DOMAIN, certificateArn: CERTIFICATE, hostedZoneId: ZONE },
  iam: { access: 'iam' },
  warm: WARM,
  'two groups': {},
  'spot alone': { onDemandFallback: false },
  'on demand, warm': { spotPercentage: 0, warmPoolSize: 2 },
  'on demand': { spotPercentage: 0 },
  threshold: THRESHOLD,
  encrypted: { access: 'open', outcomeEvents: true, warmPoolSize: 1, encryption: 'kms' },
  fronted: { ...JWT, cdn: true },
  'fronted, named and encrypted': {
    ...{ access: 'open', cdn: true, domainName: DOMAIN, certificateArn: CDN_CERTIFICATE, hostedZoneId: ZONE },
    ...{ webAclArn: WEB_ACL, encryption: 'kms' },
  },
  probed: { probePhoto: 'daily' },
  retained: { retainData: true },
  lost: { retainData: false },
  zones: { availabilityZones: [...'abcd'].map((letter) => `us-east-1${letter}`) },
  slow: { volumeInitializationRate: 0, maxCapacity: 1000 },
};

const everyKind = () =>
  it('cfn-lint finds nothing in any kind of stage', async () => {
    const templates = {
      ...Object.fromEntries((Object.keys(stages) as StageName[]).map((name) => [name, synthesise(name)])),
      ...Object.fromEntries(Object.entries(KINDS).map(([kind, config]) => [kind, synthesise('dev', config)])),
      longest: synthesise('prod', { access: 'open' }, LONGEST),
      pipeline: make({ stage: LONGEST, qualifier: 'q'.repeat(10) }),
    };
    const found = await lint(templates);
    expect(Object.values(found).flat()).toEqual([]);
    expect(Object.keys(found)).toHaveLength(Object.keys(templates).length);
  });
if (process.env.FULL) everyKind();
