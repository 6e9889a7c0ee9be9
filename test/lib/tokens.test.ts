/**
 * Props whose values are known only at deploy: each prop of each construct either takes them, and the template has them, or refuses
 * them by name. A prop without a row fails the types and the comparison with the reference.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { describe, expect, it } from 'vitest';
import * as exported from '../../lib/index.ts';
import {
  BacklogScaler,
  GpuFleet,
  JobQueue,
  Monitoring,
  PhotoProbe,
  PhotoStore,
  ScalerTable,
  type BacklogScalerProps,
  type GpuFleetProps,
  type JobQueueProps,
  type MonitoringProps,
  type PhotoProbeProps,
  type PhotoStoreProps,
} from '../../lib/index.ts';
import { newApp } from './template.ts';
import { KINDS, type Kind } from './token-kinds.ts';

/** `part`: an object of the CDK or of this package. `elements`: of a list, its elements may be tokens. */
type Decision = 'part' | `${'works' | 'refused'} ${Kind}` | 'elements work';
type Decisions<P> = { readonly [K in keyof Required<P>]: Decision };

const GPU_FLEET: Decisions<GpuFleetProps> = {
  stageName: 'refused text',
  photos: 'part',
  jobs: 'part',
  bulkJobs: 'part',
  sidelinedJobs: 'part',
  table: 'part',
  groupName: 'works text',
  vpc: 'part',
  vpcSubnets: 'part',
  amiParameterName: 'works text',
  instanceTypes: 'elements work',
  minCapacity: 'works number',
  maxCapacity: 'works number',
  onDemandBaseCapacity: 'refused number',
  spotPercentage: 'refused number',
  onDemandFallback: 'refused flag',
  volumeInitializationRate: 'refused number',
  availabilityZones: 'refused list',
  warmPoolSize: 'refused number',
  workflow: 'refused text',
  otherWorkflows: 'refused list',
  maxAttempts: 'works number',
  maxMegapixels: 'works number',
  device: 'works text',
  noticePollSeconds: 'works number',
  path: 'works text',
  batchSize: 'works number',
  logRetentionDays: 'works number',
};
const JOB_QUEUE: Decisions<JobQueueProps> = {
  bucketName: 'works text',
  deadLetterQueue: 'part',
  maxReceiveCount: 'works number',
  visibilityTimeoutSeconds: 'works number',
};
const PHOTO_STORE: Decisions<PhotoStoreProps> = {
  bucketName: 'works text',
  jobs: 'part',
  bulkJobs: 'part',
  sidelinedJobs: 'part',
  pageOrigin: 'works text',
  photoRetentionDays: 'works number',
  resultRetentionDays: 'works number',
  retainData: 'refused flag',
};
const BACKLOG_SCALER: Decisions<BacklogScalerProps> = {
  stageName: 'refused text',
  queue: 'part',
  bulkQueue: 'part',
  sidelinedQueue: 'part',
  photos: 'part',
  autoScalingGroup: 'part',
  table: 'part',
  hourlyPrices: 'refused record',
  onDemandBaseCapacity: 'refused number',
  spotPercentage: 'refused number',
  policy: 'refused record',
  tickSeconds: 'refused number',
  bulkDeadlineSeconds: 'refused number',
  dailySpendLimit: 'refused number',
  spendBrake: 'refused flag',
  logRetentionDays: 'works number',
};
const MONITORING: Decisions<MonitoringProps> = {
  stageName: 'refused text',
  queue: 'part',
  sidelinedQueue: 'part',
  deadLetterQueue: 'part',
  outcomes: 'part',
  webhookDeadLetters: 'part',
  webhookSweep: 'part',
  gateway: 'part',
  dailySpendLimit: 'works number',
  p95WaitSeconds: 'works number',
  burnRateAlarms: 'refused text',
  onDemandFallback: 'refused flag',
  onDemandBaseCapacity: 'refused number',
  warmPoolSize: 'refused number',
  promisedWaitSeconds: 'works number',
  alarmEmail: 'works text',
  runbookUrl: 'works text',
  probePhoto: 'refused text',
};
const PHOTO_PROBE: Decisions<PhotoProbeProps> = {
  stageName: 'refused text',
  photos: 'part',
  table: 'part',
  schedule: 'refused text',
  promisedWaitSeconds: 'refused number',
  logRetentionDays: 'works number',
};

type Given = Record<string, unknown>;
interface Made {
  decisions: Record<string, Decision>;
  make: (stack: Stack, id: string, props: Given) => unknown;
}

const jobsOf = (stack: Stack, id: string, props: Given = {}) =>
  new JobQueue(stack, `${id}Jobs`, { bucketName: 'photos', ...props });
const storeOf = (stack: Stack, id: string, props: Given = {}) =>
  new PhotoStore(stack, `${id}Store`, {
    bucketName: 'photos',
    jobs: jobsOf(stack, id, { bucketName: props.bucketName ?? 'photos' }),
    ...props,
  });
/** Made once for each stack: the cases are about the fleet. */
const parts = new WeakMap<Stack, Pick<GpuFleetProps, 'photos' | 'jobs' | 'table'>>();
function partsOf(stack: Stack) {
  const jobs = parts.get(stack)?.jobs ?? jobsOf(stack, 'Parts');
  const made = parts.get(stack) ?? {
    jobs,
    photos: new PhotoStore(stack, 'PartsStore', { bucketName: 'photos', jobs }),
    table: new ScalerTable(stack, 'PartsTable'),
  };
  parts.set(stack, made);
  return made;
}

const CONSTRUCTS: Record<string, Made> = {
  GpuFleet: {
    decisions: GPU_FLEET,
    make: (stack, id, props) => new GpuFleet(stack, id, { stageName: 'other', ...partsOf(stack), ...props }),
  },
  JobQueue: { decisions: JOB_QUEUE, make: jobsOf },
  PhotoStore: { decisions: PHOTO_STORE, make: storeOf },
  BacklogScaler: {
    decisions: BACKLOG_SCALER,
    make: (stack, id, props) =>
      new BacklogScaler(stack, id, {
        stageName: 'other',
        queue: partsOf(stack).jobs.queue,
        autoScalingGroup: AutoScalingGroup.fromAutoScalingGroupName(stack, `${id}Group`, 'renderers'),
        ...props,
      }),
  },
  Monitoring: {
    decisions: MONITORING,
    make: (stack, id, props) =>
      new Monitoring(stack, id, { stageName: 'other', queue: partsOf(stack).jobs.queue, ...props }),
  },
  PhotoProbe: {
    decisions: PHOTO_PROBE,
    make: (stack, id, props) =>
      new PhotoProbe(stack, id, {
        stageName: 'other',
        ...partsOf(stack),
        schedule: 'daily',
        promisedWaitSeconds: 900,
        ...props,
      }),
  },
};

/** What is left of a token that was used as a number or a text. */
const LOST = /Token\[|e\+28\d/;

describe.each(Object.entries(CONSTRUCTS))('%s', (name, { decisions, make }) => {
  const rows = Object.entries(decisions);
  const stack = new Stack(newApp(), 'App');

  it('has a decision for each prop of the reference', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/constructs.md'), 'utf8');
    const [, table = ''] = page.split(`<!-- table: ${name}Props -->`);
    const documented = [...table.split('<!-- end -->')[0]!.matchAll(/^\| `(\w+)` \|/gm)].map(
      ([, prop]) => prop!,
    );
    expect(Object.keys(decisions).sort()).toEqual(documented.sort());
  });

  const refused = rows.filter(
    ([, decision]) => decision.startsWith('refused') || decision === 'elements work',
  );
  it.each(refused)('names %s, which has to be known at synth', (prop, decision) => {
    const kind = decision === 'elements work' ? 'list' : (decision.split(' ')[1] as Kind);
    const values: unknown[] = KINDS[kind](stack, `Refused${name}${prop}`);
    // Its elements work, and its length does not.
    for (const [k, value] of (decision === 'elements work' ? values.slice(0, 2) : values).entries()) {
      const line = `${prop} token .+: a value that the synth knows; a token is known only at deploy`;
      expect(() => make(stack, `${name}${prop}${k}`, { [prop]: value }), String(k)).toThrow(
        new RegExp(`^construct 'App/${name}${prop}${k}\\w*' cannot be built:\\n {2}${line}$`),
      );
    }
  });
});

it('every construct has its table', () => {
  const classes = Object.entries(exported).filter(
    ([, one]) => typeof one === 'function' && /^[A-Z]/.test(one.name),
  );
  // A table without props, and the stack, whose one prop is a stage.
  const without = ['ScalerTable', 'ColouringStack'];
  expect(classes.map(([name]) => name).sort()).toEqual([...Object.keys(CONSTRUCTS), ...without].sort());
});

it('the others are in the template as they are', () => {
  const app = new Stack(newApp(), 'App');
  const names = Object.entries(CONSTRUCTS).flatMap(([construct, { decisions, make }]) => {
    const works = Object.entries(decisions).filter(([, decision]) => /^(works|elements)/.test(decision));
    const given = works.map(([prop, decision]) => {
      const ofElements = decision === 'elements work';
      const kind = ofElements ? 'list' : (decision.split(' ')[1] as Kind);
      const values: unknown[] = KINDS[kind](app, `${construct}${prop}`);
      return [prop, ofElements ? values[2] : values[0]];
    });
    const made = make(app, construct, Object.fromEntries(given) as Given);
    // The sizes of a fleet with two groups are the scaler's.
    if (made instanceof GpuFleet) {
      const { queue } = partsOf(app).jobs;
      const { autoScalingGroup, table } = made;
      new BacklogScaler(app, 'Sizes', { stageName: 'other', queue, autoScalingGroup, table });
    }
    return works.map(([prop]) => `${construct}${prop}`);
  });
  const { Resources } = Template.fromStack(app).toJSON() as { Resources: unknown };
  const text = JSON.stringify(Resources);
  expect(LOST.exec(text)?.input.slice(0, 200)).toBeUndefined();
  for (const name of names) expect(text).toContain(`{"Ref":"${name}"}`);
});

it('with a warm pool the image has to be known at synth', () => {
  const stack = new Stack(newApp(), 'App');
  const amiParameterName = new CfnParameter(stack, 'Image').valueAsString;
  const props = { amiParameterName, warmPoolSize: 1, spotPercentage: 0 };
  expect(() => CONSTRUCTS.GpuFleet!.make(stack, 'Fleet', props)).toThrow(
    'amiParameterName token {"Ref":"Image"}: a value that the synth knows',
  );
});
