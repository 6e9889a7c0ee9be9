/**
 * The rules that reject nonsense at synth, in a stage and in the props of constructs, each with the value given and what is
 * allowed.
 */
import { ACCESS } from '../contract/gateway.ts';
import { beside, isWhole, one, refused, rule, shown, whole, type Rule } from './checks.ts';
import { onDemandPrice } from './spending.ts';
import type { Stage } from './stage-config.ts';

/** SQS's longest visibility timeout, seconds. */
const MAX_VISIBILITY_SECONDS = 43_200;

const upToMaximum = ({ maxCapacity }: Pick<Stage, 'maxCapacity'>) =>
  `a whole number from 0 to maxCapacity, which is ${maxCapacity}`;
const unpriced = (stage: Pick<Stage, 'instanceTypes' | 'instancePrices'>) =>
  stage.instanceTypes.filter((type) => onDemandPrice(stage, type) === undefined);

/** Every rule that a stage has to keep. */
export const RULES: Rule[] = [
  one(
    'name',
    (name) => /^[a-z][a-z0-9-]{0,19}$/.test(name),
    'a small letter, then up to 19 small letters, digits and hyphens',
  ),
  one(
    'instanceTypes',
    (types) => types.length > 0 && types.every((type) => /^[a-z0-9-]+\.[a-z0-9-]+$/.test(type)),
    'at least one, such as g4dn.xlarge',
  ),
  one('minCapacity', whole(0, 1000), 'a whole number from 0 to 1000'),
  one('maxCapacity', whole(1, 1000), 'a whole number from 1 to 1000'),
  beside(
    'minCapacity',
    ['maxCapacity'],
    ({ minCapacity, maxCapacity }) => !(minCapacity > maxCapacity),
    ({ maxCapacity }) => `at most maxCapacity, which is ${maxCapacity}`,
  ),
  beside(
    'onDemandBaseCapacity',
    ['maxCapacity'],
    ({ onDemandBaseCapacity, maxCapacity }) => isWhole(onDemandBaseCapacity, 0, maxCapacity),
    upToMaximum,
  ),
  one('spotPercentage', whole(0, 100), 'a whole number from 0 to 100'),
  one(
    'volumeInitializationRate',
    (rate) => rate === 0 || isWhole(rate, 100, 300),
    '0, or a whole number from 100 to 300 (MiB/s)',
  ),
  beside(
    'warmPoolSize',
    ['maxCapacity'],
    ({ warmPoolSize, maxCapacity }) => isWhole(warmPoolSize, 0, maxCapacity),
    upToMaximum,
  ),
  beside(
    'warmPoolSize',
    ['spotPercentage'],
    ({ warmPoolSize, spotPercentage }) => !(warmPoolSize > 0 && spotPercentage > 0),
    ({ spotPercentage }) =>
      `with spotPercentage 0 only, which is ${spotPercentage}; EC2 Auto Scaling keeps no Spot instances warm`,
  ),
  beside(
    'minCapacity',
    ['policy'],
    ({ minCapacity, policy }) => !(policy.kind === 'threshold' && minCapacity < 1),
    () => "at least 1 with the policy 'threshold', since fewer photos than its threshold would wake nothing",
  ),
  one(
    'tickSeconds',
    (seconds) => isWhole(seconds, 1, 60) && 60 % seconds === 0,
    'a whole number from 1 to 60 that divides 60',
  ),
  one(
    'policy',
    (policy) =>
      Object.values(policy).every((value) => typeof value !== 'number' || (value >= 0 && value <= 86_400)),
    'every number from 0 to 86400',
  ),
  one(
    'policy',
    (policy) =>
      policy.kind === 'threshold' ||
      (policy.targetWaitSeconds > 0 &&
        policy.serviceSeconds > 0 &&
        policy.bootSeconds > 0 &&
        (policy.priceOfWaiting ?? 1) > 0),
    'targetWaitSeconds, serviceSeconds, bootSeconds and priceOfWaiting above 0',
  ),
  one(
    'policy',
    (policy) =>
      policy.kind !== 'threshold' ||
      [policy.scaleOutBacklog, policy.scaleOutStep, policy.scaleInStep].every(whole(1, 100_000)),
    'scaleOutBacklog, scaleOutStep and scaleInStep whole and at least 1',
  ),
  one(
    'maxMegapixels',
    (size) => size > 0 && size <= 178,
    "above 0 and at most 178, where ComfyUI's decoder refuses",
  ),
  one(
    'visibilityTimeoutSeconds',
    whole(10, MAX_VISIBILITY_SECONDS),
    `a whole number from 10 to ${MAX_VISIBILITY_SECONDS}`,
  ),
  one('maxReceiveCount', whole(2, 1000), 'a whole number from 2 to 1000'),
  one(
    'noticePollSeconds',
    (seconds) => seconds > 0 && seconds <= 30,
    'above 0 and at most 30, of the 120 that Spot gives',
  ),
  one('access', (access) => ['none', ...ACCESS].includes(access), `none, ${ACCESS.join(', ')}`),
  {
    of: ['access', 'jwtIssuer', 'jwtAudience'],
    broken: ({ access, jwtIssuer, jwtAudience }) =>
      access === 'jwt' && !(/^https?:\/\/[^/\s]+/.test(jwtIssuer) && jwtAudience.length > 0),
    message: ({ jwtIssuer, jwtAudience }) =>
      `jwtIssuer ${shown(jwtIssuer)}, jwtAudience ${shown(jwtAudience)}: with access 'jwt', the address of an OpenID issuer and at least one audience`,
  },
  one(
    'maxUploadMegabytes',
    (size) => size >= 0.001 && size <= 5000,
    'from 0.001 to 5000, the most that S3 takes at once',
  ),
  rule(
    ['photosPerHour', 'photosPerDay', 'requestsPerSecond'],
    (stage) => [stage.photosPerHour, stage.photosPerDay, stage.requestsPerSecond].every(whole(1, 1e9)),
    'whole numbers from 1 to 1000000000',
  ),
  one(
    'linkSeconds',
    whole(60, 3600),
    'a whole number from 60 to 3600; links die with the credentials of the function that signed them',
  ),
  one(
    'promisedWaitSeconds',
    whole(60, 1_209_600),
    'a whole number from 60 to 1209600, for which the queue keeps a photo',
  ),
  one(
    'instancePrices',
    (prices) => Object.values(prices).every((price) => price > 0 && price < 1000),
    'USD an hour, above 0 and below 1000',
  ),
  beside(
    'instanceTypes',
    ['instancePrices'],
    (stage) => unpriced(stage).length === 0,
    (stage) =>
      `contract/prices.ts has no price of ${unpriced(stage).join(', ')}; give it in instancePrices, or a limit on spending means nothing`,
  ),
  one('dailySpendLimit', (limit) => limit > 0 && limit <= 1e6, 'USD, above 0 and at most 1000000'),
  one(
    'alarmEmail',
    (email) => email === '' || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email),
    'an address such as oncall@example.com',
  ),
  one('runbookUrl', (url) => /^[^\s#]+$/.test(url), 'an address without spaces and without a #'),
  rule(
    ['photoRetentionDays', 'resultRetentionDays'],
    ({ photoRetentionDays, resultRetentionDays }) =>
      isWhole(photoRetentionDays, 1, 3650) && isWhole(resultRetentionDays, 1, 3650),
    'whole numbers from 1 to 3650',
  ),
];

/**
 * Holds a construct's props to the rules of a stage, as far as those look at nothing else.
 *
 * @param values defaults filled in; what is undefined is not known
 * @param isToken whether a value is known only when it is deployed, so that no rule can judge it: the CDK's `Token.isUnresolved`
 * @throws Error that names every broken rule, with the value given and what is allowed
 */
export function checkProps(path: string, values: Partial<Stage>, isToken: (value: unknown) => boolean): void {
  const known = (name: keyof Stage) =>
    values[name] !== undefined && ![values[name]].flat().some((value) => isToken(value));
  const broken = RULES.filter(({ of, broken }) => of.every(known) && broken(values as Stage));
  if (broken.length === 0) return;
  throw refused(
    path,
    broken.map(({ message }) => message(values as Stage)),
  );
}
