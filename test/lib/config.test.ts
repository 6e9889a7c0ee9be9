/** Values of a stage that cannot work are refused, with the value and what is allowed. */
import { describe, expect, it } from 'vitest';
import { stages } from '../../bin/stages.ts';
import { resolveStage, type StageConfig } from '../../lib/config.ts';
import { RULES } from '../../lib/rules.ts';

const slo = {
  kind: 'slo',
  targetWaitSeconds: 10,
  serviceSeconds: 2,
  bootSeconds: 60,
  scaleOutCooldownSeconds: 0,
  scaleInCooldownSeconds: 0,
  emptyHoldSeconds: 15,
  sleepAfterSeconds: 60,
} as const;
const threshold = {
  kind: 'threshold',
  scaleOutBacklog: 50,
  scaleOutStep: 2,
  scaleOutCooldownSeconds: 300,
  scaleInStep: 1,
  scaleInCooldownSeconds: 300,
} as const;

/** A stage with one thing wrong, and the line that says so. */
const WRONG: [config: StageConfig & { name?: string }, line: RegExp][] = [
  [{ name: 'Prod' }, /name 'Prod': a small letter/],
  [{ name: 'a'.repeat(21) }, /name 'a+': a small letter, then up to 19/],
  [{ instanceTypes: [] }, /instanceTypes \[\]: at least one/],
  [{ instanceTypes: ['g4dn'] }, /instanceTypes \[g4dn\]/],
  [{ minCapacity: -1 }, /minCapacity -1: a whole number from 0/],
  [{ maxCapacity: 0 }, /maxCapacity 0: a whole number from 1/],
  [{ maxCapacity: 2.5 }, /maxCapacity 2.5/],
  [{ minCapacity: 5, maxCapacity: 4 }, /minCapacity 5: at most maxCapacity, which is 4/],
  [{ onDemandBaseCapacity: 21 }, /onDemandBaseCapacity 21: .* from 0 to maxCapacity, which is 20/],
  [{ spotPercentage: 101 }, /spotPercentage 101/],
  [{ volumeInitializationRate: 50 }, /volumeInitializationRate 50: 0, or a whole number from 100 to 300/],
  [{ warmPoolSize: 21, spotPercentage: 0 }, /warmPoolSize 21: .* from 0 to maxCapacity, which is 20/],
  [{ warmPoolSize: 1 }, /warmPoolSize 1: with spotPercentage 0 only, which is 100/],
  [{ policy: threshold }, /minCapacity 0: at least 1 with the policy 'threshold'/],
  [{ tickSeconds: 7 }, /tickSeconds 7: a whole number from 1 to 60 that divides 60/],
  [{ policy: { ...slo, emptyHoldSeconds: -1 } }, /every number from 0 to 86400/],
  [{ policy: { ...slo, sleepAfterSeconds: NaN } }, /every number from 0 to 86400/],
  [{ policy: { ...slo, serviceSeconds: 0 } }, /serviceSeconds.* above 0/],
  [{ policy: { ...slo, bootSeconds: 0 } }, /bootSeconds.* above 0/],
  [{ policy: { ...slo, priceOfWaiting: 0 } }, /priceOfWaiting above 0/],
  [{ minCapacity: 1, policy: { ...threshold, scaleInStep: 0 } }, /scaleInStep whole and at least 1/],
  [{ maxMegapixels: 200 }, /maxMegapixels 200: above 0 and at most 178/],
  [{ visibilityTimeoutSeconds: 5 }, /visibilityTimeoutSeconds 5: a whole number from 10 to 43200/],
  [{ maxReceiveCount: 1 }, /maxReceiveCount 1: a whole number from 2/],
  [{ noticePollSeconds: 60 }, /noticePollSeconds 60: above 0 and at most 30/],
  [{ resultRetentionDays: 0 }, /resultRetentionDays 0: whole numbers from 1/],
  [{ access: 'all' as 'open' }, /access 'all': none, open, jwt, iam/],
  [{ access: 'jwt', jwtAudience: ['page'] }, /jwtIssuer '', jwtAudience \[page\]: .* at least one audience/],
  [{ access: 'jwt', jwtIssuer: 'https://issuer.example' }, /jwtAudience \[\]/],
  [{ access: 'jwt', jwtIssuer: 'issuer.example', jwtAudience: ['page'] }, /jwtIssuer 'issuer\.example'/],
  [{ access: 'jwt', jwtIssuer: 'https://', jwtAudience: ['page'] }, /jwtIssuer 'https:\/\/'/],
  [{ maxUploadMegabytes: 0 }, /maxUploadMegabytes 0: from 0\.001 to 5000/],
  [{ maxUploadMegabytes: 5001 }, /maxUploadMegabytes 5001: .* the most that S3 takes/],
  [{ maxUploadMegabytes: NaN }, /maxUploadMegabytes NaN/],
  [{ photosPerHour: 0 }, /photosPerHour 0, .*: whole numbers from 1/],
  [{ photosPerDay: 1.5 }, /photosPerDay 1\.5/],
  [{ requestsPerSecond: -1 }, /requestsPerSecond -1/],
  [{ linkSeconds: 59 }, /linkSeconds 59: a whole number from 60 to 3600/],
  [{ linkSeconds: 3601 }, /linkSeconds 3601: .* links die with the credentials/],
  [{ promisedWaitSeconds: 59 }, /promisedWaitSeconds 59: a whole number from 60 to 1209600/],
  [{ instancePrices: { 'g6.xlarge': -1 } }, /instancePrices \{"g6.xlarge":-1\}: USD an hour, above 0/],
  [{ instanceTypes: ['p5.48xlarge'] }, /has no price of p5.48xlarge; give it in instancePrices/],
  [{ dailySpendLimit: 0 }, /dailySpendLimit 0: USD, above 0/],
  [{ alarmEmail: 'me' }, /alarmEmail 'me': an address such as/],
  [{ runbookUrl: 'https://wiki.example/a#b' }, /runbookUrl 'https:\/\/wiki.example\/a#b': .*without a #/],
];

const resolve = ({ name = 'dev', ...config }: StageConfig & { name?: string }) => resolveStage(name, config);

describe('resolveStage', () => {
  it.each(WRONG)('refuses %j', (config, line) => expect(() => resolve(config)).toThrow(line));

  it('has no rule that is never broken here', () => {
    for (const { broken } of RULES) {
      const breaks = WRONG.some(([{ name = 'dev', ...config }]) =>
        broken({ ...resolveStage('dev', {}), ...config, name }),
      );
      expect(breaks, broken.toString()).toBe(true);
    }
  });

  it('names every broken rule at once', () => {
    expect(() => resolve({ tickSeconds: 7, spotPercentage: -5 })).toThrow(
      /spotPercentage -5[^]*tickSeconds 7/,
    );
  });

  it.each(Object.entries(stages))('takes the shipped stage %s', (name, config) => {
    expect(resolveStage(name, config).name).toBe(name);
  });

  it.each<StageConfig>([
    { access: 'none' },
    { access: 'open' },
    { access: 'iam' },
    { access: 'jwt', jwtIssuer: 'https://issuer.example/pool', jwtAudience: ['page'] },
    { access: 'open', maxUploadMegabytes: 0.001, photosPerHour: 1, photosPerDay: 1, linkSeconds: 60 },
    { access: 'open', maxUploadMegabytes: 5000, requestsPerSecond: 1, linkSeconds: 3600 },
    // Kept for the day when somebody signs in.
    { access: 'open', jwtIssuer: 'https://issuer.example', jwtAudience: [] },
  ])('takes %j', (config) => {
    expect(resolve(config)).toMatchObject(config);
  });

  it('expects half a day at the maximum, of the dearest type', () => {
    expect(resolve({ instanceTypes: ['g4dn.xlarge', 'g5.xlarge'], maxCapacity: 4 }).dailySpendLimit).toBe(49);
    const instancePrices = { 'g4dn.xlarge': 2 };
    expect(resolve({ instanceTypes: ['g4dn.xlarge'], instancePrices, maxCapacity: 4 }).dailySpendLimit).toBe(
      96,
    );
    expect(resolve({ dailySpendLimit: 7 }).dailySpendLimit).toBe(7);
  });

  it('lets nobody in over HTTP unless a stage says so', () => {
    expect(resolve({}).access).toBe('none');
  });

  it('fills in what is left out, and keeps what is not', () => {
    expect(resolve({ maxCapacity: 3 })).toMatchObject({
      minCapacity: 0,
      maxCapacity: 3,
      tickSeconds: 30,
      device: 'cuda',
    });
    expect(resolve({ minCapacity: 1, policy: threshold }).policy).toEqual(threshold);
  });
});
