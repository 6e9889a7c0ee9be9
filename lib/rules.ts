/** The rules that reject nonsense in a stage at synth, each with the value given and what is allowed. */
import { ACCESS } from '../contract/gateway.ts';
import type { Stage } from './config.ts';
import { onDemandPrice } from './spending.ts';

/** SQS's longest visibility timeout, seconds. */
const MAX_VISIBILITY_SECONDS = 43_200;
const whole = (value: number, low: number, high: number) =>
  Number.isInteger(value) && value >= low && value <= high;

interface Rule {
  readonly broken: (stage: Stage) => boolean;
  readonly message: (stage: Stage) => string;
}

/** Every rule that a stage has to keep. */
export const RULES: Rule[] = [
  {
    broken: ({ name }) => !/^[a-z][a-z0-9-]{0,19}$/.test(name),
    message: ({ name }) => `name '${name}': a small letter, then up to 19 small letters, digits and hyphens`,
  },
  {
    broken: ({ instanceTypes }) =>
      instanceTypes.length === 0 || instanceTypes.some((type) => !/^[a-z0-9-]+\.[a-z0-9-]+$/.test(type)),
    message: ({ instanceTypes }) =>
      `instanceTypes [${instanceTypes.join(', ')}]: at least one, such as g4dn.xlarge`,
  },
  {
    broken: ({ minCapacity }) => !whole(minCapacity, 0, 1000),
    message: ({ minCapacity }) => `minCapacity ${minCapacity}: a whole number from 0 to 1000`,
  },
  {
    broken: ({ maxCapacity }) => !whole(maxCapacity, 1, 1000),
    message: ({ maxCapacity }) => `maxCapacity ${maxCapacity}: a whole number from 1 to 1000`,
  },
  {
    broken: ({ minCapacity, maxCapacity }) => minCapacity > maxCapacity,
    message: ({ minCapacity, maxCapacity }) =>
      `minCapacity ${minCapacity}: at most maxCapacity, which is ${maxCapacity}`,
  },
  {
    broken: ({ onDemandBaseCapacity, maxCapacity }) => !whole(onDemandBaseCapacity, 0, maxCapacity),
    message: ({ onDemandBaseCapacity, maxCapacity }) =>
      `onDemandBaseCapacity ${onDemandBaseCapacity}: a whole number from 0 to maxCapacity, which is ${maxCapacity}`,
  },
  {
    broken: ({ spotPercentage }) => !whole(spotPercentage, 0, 100),
    message: ({ spotPercentage }) => `spotPercentage ${spotPercentage}: a whole number from 0 to 100`,
  },
  {
    broken: ({ volumeInitializationRate: rate }) => rate !== 0 && !whole(rate, 100, 300),
    message: ({ volumeInitializationRate: rate }) =>
      `volumeInitializationRate ${rate}: 0, or a whole number from 100 to 300 (MiB/s)`,
  },
  {
    broken: ({ warmPoolSize, maxCapacity }) => !whole(warmPoolSize, 0, maxCapacity),
    message: ({ warmPoolSize, maxCapacity }) =>
      `warmPoolSize ${warmPoolSize}: a whole number from 0 to maxCapacity, which is ${maxCapacity}`,
  },
  {
    broken: ({ warmPoolSize, spotPercentage }) => warmPoolSize > 0 && spotPercentage > 0,
    message: ({ warmPoolSize, spotPercentage }) =>
      `warmPoolSize ${warmPoolSize}: with spotPercentage 0 only, which is ${spotPercentage}; EC2 Auto Scaling keeps no Spot instances warm`,
  },
  {
    broken: ({ policy, minCapacity }) => policy.kind === 'threshold' && minCapacity < 1,
    message: ({ minCapacity }) =>
      `minCapacity ${minCapacity}: at least 1 with the policy 'threshold', since fewer photos than its threshold would wake nothing`,
  },
  {
    broken: ({ tickSeconds }) => !whole(tickSeconds, 1, 60) || 60 % tickSeconds !== 0,
    message: ({ tickSeconds }) => `tickSeconds ${tickSeconds}: a whole number from 1 to 60 that divides 60`,
  },
  {
    broken: ({ policy }) =>
      Object.values(policy).some((value) => typeof value === 'number' && !(value >= 0 && value <= 86_400)),
    message: ({ policy }) => `policy ${JSON.stringify(policy)}: every number from 0 to 86400`,
  },
  {
    broken: ({ policy }) =>
      policy.kind !== 'threshold' &&
      !(
        policy.targetWaitSeconds > 0 &&
        policy.serviceSeconds > 0 &&
        policy.bootSeconds > 0 &&
        (policy.priceOfWaiting ?? 1) > 0
      ),
    message: ({ policy }) =>
      `policy ${JSON.stringify(policy)}: targetWaitSeconds, serviceSeconds, bootSeconds and priceOfWaiting above 0`,
  },
  {
    broken: ({ policy }) =>
      policy.kind === 'threshold' &&
      ![policy.scaleOutBacklog, policy.scaleOutStep, policy.scaleInStep].every((value) =>
        whole(value, 1, 100_000),
      ),
    message: ({ policy }) =>
      `policy ${JSON.stringify(policy)}: scaleOutBacklog, scaleOutStep and scaleInStep whole and at least 1`,
  },
  {
    broken: ({ maxMegapixels }) => !(maxMegapixels > 0 && maxMegapixels <= 178),
    message: ({ maxMegapixels }) =>
      `maxMegapixels ${maxMegapixels}: above 0 and at most 178, where ComfyUI's decoder refuses`,
  },
  {
    broken: ({ visibilityTimeoutSeconds }) => !whole(visibilityTimeoutSeconds, 10, MAX_VISIBILITY_SECONDS),
    message: ({ visibilityTimeoutSeconds }) =>
      `visibilityTimeoutSeconds ${visibilityTimeoutSeconds}: a whole number from 10 to ${MAX_VISIBILITY_SECONDS}`,
  },
  {
    broken: ({ maxReceiveCount }) => !whole(maxReceiveCount, 2, 1000),
    message: ({ maxReceiveCount }) => `maxReceiveCount ${maxReceiveCount}: a whole number from 2 to 1000`,
  },
  {
    broken: ({ noticePollSeconds }) => !(noticePollSeconds > 0 && noticePollSeconds <= 30),
    message: ({ noticePollSeconds }) =>
      `noticePollSeconds ${noticePollSeconds}: above 0 and at most 30, of the 120 that Spot gives`,
  },
  {
    broken: ({ access }) => !['none', ...ACCESS].includes(access),
    message: ({ access }) => `access '${access}': none, ${ACCESS.join(', ')}`,
  },
  {
    broken: ({ access, jwtIssuer, jwtAudience }) =>
      access === 'jwt' && !(/^https?:\/\/[^/\s]+/.test(jwtIssuer) && jwtAudience.length > 0),
    message: ({ jwtIssuer, jwtAudience }) =>
      `jwtIssuer '${jwtIssuer}', jwtAudience [${jwtAudience.join(', ')}]: with access 'jwt', the address of an OpenID issuer and at least one audience`,
  },
  {
    broken: ({ maxUploadMegabytes }) => !(maxUploadMegabytes >= 0.001 && maxUploadMegabytes <= 5000),
    message: ({ maxUploadMegabytes }) =>
      `maxUploadMegabytes ${maxUploadMegabytes}: from 0.001 to 5000, the most that S3 takes at once`,
  },
  {
    broken: ({ photosPerHour, photosPerDay, requestsPerSecond }) =>
      ![photosPerHour, photosPerDay, requestsPerSecond].every((value) => whole(value, 1, 1e9)),
    message: ({ photosPerHour, photosPerDay, requestsPerSecond }) =>
      `photosPerHour ${photosPerHour}, photosPerDay ${photosPerDay}, requestsPerSecond ${requestsPerSecond}: whole numbers from 1 to 1000000000`,
  },
  {
    broken: ({ linkSeconds }) => !whole(linkSeconds, 60, 3600),
    message: ({ linkSeconds }) =>
      `linkSeconds ${linkSeconds}: a whole number from 60 to 3600; links die with the credentials of the function that signed them`,
  },
  {
    broken: ({ promisedWaitSeconds }) => !whole(promisedWaitSeconds, 60, 1_209_600),
    message: ({ promisedWaitSeconds }) =>
      `promisedWaitSeconds ${promisedWaitSeconds}: a whole number from 60 to 1209600, for which the queue keeps a photo`,
  },
  {
    broken: ({ instancePrices }) =>
      !Object.values(instancePrices).every((price) => price > 0 && price < 1000),
    message: ({ instancePrices }) =>
      `instancePrices ${JSON.stringify(instancePrices)}: USD an hour, above 0 and below 1000`,
  },
  {
    broken: (stage) => stage.instanceTypes.some((type) => onDemandPrice(stage, type) === undefined),
    message: (stage) =>
      `instanceTypes [${stage.instanceTypes.join(', ')}]: contract/prices.ts has no price of ${stage.instanceTypes
        .filter((type) => onDemandPrice(stage, type) === undefined)
        .join(', ')}; give it in instancePrices, or a limit on spending means nothing`,
  },
  {
    broken: ({ dailySpendLimit }) => !(dailySpendLimit > 0 && dailySpendLimit <= 1e6),
    message: ({ dailySpendLimit }) => `dailySpendLimit ${dailySpendLimit}: USD, above 0 and at most 1000000`,
  },
  {
    broken: ({ alarmEmail }) => alarmEmail !== '' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(alarmEmail),
    message: ({ alarmEmail }) => `alarmEmail '${alarmEmail}': an address such as oncall@example.com`,
  },
  {
    broken: ({ runbookUrl }) => !/^[^\s#]+$/.test(runbookUrl),
    message: ({ runbookUrl }) => `runbookUrl '${runbookUrl}': an address without spaces and without a #`,
  },
  {
    broken: ({ photoRetentionDays, resultRetentionDays }) =>
      !whole(photoRetentionDays, 1, 3650) || !whole(resultRetentionDays, 1, 3650),
    message: ({ photoRetentionDays, resultRetentionDays }) =>
      `photoRetentionDays ${photoRetentionDays}, resultRetentionDays ${resultRetentionDays}: whole numbers from 1 to 3650`,
  },
];
