/** Each example synthesises without findings of cdk-nag, and its template has the resources that its README names. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workerSettingsSchema } from '../contract/worker.ts';
import { grants, ofType, only, type Properties, type StackTemplate, subnetsOf } from './lib/template.ts';

const ROOT = resolve(import.meta.dirname, '..');
const EXAMPLES = {
  'existing-group': 'RendererScaling',
  'other-workflow': 'Upscaler',
  'private-subnets': 'PrivatePhotos',
};
type Example = keyof typeof EXAMPLES;
const names = Object.keys(EXAMPLES) as Example[];

const scratch = mkdtempSync(join(tmpdir(), 'examples-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs the apps as the CDK's CLI does, without bundling. A finding of cdk-nag fails it. */
async function synthesise(): Promise<void> {
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: object };
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ ...context, [BUNDLING_STACKS]: [] }) };
  const script = join('test', 'support', 'examples.ts');
  await promisify(execFile)(process.execPath, ['--import', 'tsx', script, scratch, ...names], {
    cwd: ROOT,
    env,
  });
}

const templates = new Map<Example, StackTemplate>();
beforeAll(async () => {
  await synthesise();
  for (const name of names) {
    const file = join(scratch, name, `${EXAMPLES[name]}.template.json`);
    templates.set(name, JSON.parse(readFileSync(file, 'utf8')) as StackTemplate);
  }
});
const get = (example: Example) => templates.get(example) as StackTemplate;
const text = (value: unknown) => JSON.stringify(value);

interface Distribution {
  OnDemandBaseCapacity?: number;
  OnDemandPercentageAboveBaseCapacity: number;
}

describe.each(names)('the example %s', (example) => {
  const read = (file: string) => readFileSync(join(ROOT, 'examples', example, file), 'utf8');

  it('is checked by cdk-nag', () => {
    expect(read('app.ts')).toContain('Validations.of(app).addPlugins(new AwsSolutionsChecks(app));');
  });

  it('has a README with what is important and how to use it with the package', () => {
    const readme = read('README.md');
    expect(readme.match(/^## .*/gm)).toEqual(['## Important', '## Usage']);
    expect(readme).toContain("from 'ddcolor-elastic'");
  });

  it('reports the cost of its instances as they are bought', () => {
    const [group] = ofType(get(example), 'AWS::AutoScaling::AutoScalingGroup');
    const policy = group?.Properties.MixedInstancesPolicy as
      | { InstancesDistribution: Distribution }
      | undefined;
    // A group of another app: as if all were on demand.
    const distribution = policy?.InstancesDistribution ?? { OnDemandPercentageAboveBaseCapacity: 100 };
    const spending = ofType(get(example), 'AWS::Lambda::Function')
      .map(({ Properties }) => Properties.Environment as { Variables: Record<string, string> } | undefined)
      .flatMap((environment) => environment?.Variables.SPENDING ?? []);
    // The function that wakes a fleet has those of the scaler.
    expect([...new Set(spending)].map((json) => JSON.parse(json) as unknown)).toMatchObject([
      {
        spotPercentage: 100 - distribution.OnDemandPercentageAboveBaseCapacity,
        onDemandBaseCapacity: distribution.OnDemandBaseCapacity ?? 0,
      },
    ]);
  });

  it('is in the list of examples', () => {
    expect(readFileSync(join(ROOT, 'docs', 'reuse.md'), 'utf8')).toContain(`../examples/${example}/`);
  });
});

it('every example is in this test', () => {
  expect(readdirSync(join(ROOT, 'examples')).sort()).toEqual(
    [...names, 'curl', 'package', 'python', 'webhook-receiver'].sort(),
  );
});

describe('existing-group', () => {
  it('creates no group and no queue', () => {
    const template = get('existing-group');
    expect(ofType(template, 'AWS::AutoScaling::AutoScalingGroup')).toEqual([]);
    expect(ofType(template, 'AWS::SQS::Queue')).toEqual([]);
  });

  it('may set the size of the one group, end its instances and read the one queue, and nothing else', () => {
    const may = grants(get('existing-group'), 'Scaler').filter(({ action }) =>
      /^(autoscaling:(?!Describe)|sqs:)/.test(action),
    );
    expect(may.map(({ action }) => action).sort()).toEqual([
      'autoscaling:SetDesiredCapacity',
      'autoscaling:TerminateInstanceInAutoScalingGroup',
      'sqs:GetQueueAttributes',
    ]);
    const [group, queue] = ['autoscaling:', 'sqs:'].map(
      (service) => may.find(({ action }) => action.startsWith(service))!.resource,
    );
    expect(group).toMatch(/:autoScalingGroupName\/renderers"/);
    expect(queue).toMatch(/:render-jobs"/);
  });

  it('gives the scaler its group and its queue', () => {
    const { Variables } = only(get('existing-group'), 'AWS::Lambda::Function').Environment as {
      Variables: Record<string, unknown>;
    };
    expect(Variables.GROUP_NAME).toBe('renderers');
    expect(text(Variables.QUEUE_URL)).toMatch(/\/render-jobs"/);
  });

  it('has an alarm of the dead-letter queue, by its name', () => {
    const alarm = ofType(get('existing-group'), 'AWS::CloudWatch::Alarm').find(({ Properties }) =>
      String(Properties.AlarmName).endsWith('dead-letters'),
    );
    expect(alarm?.Properties.Dimensions).toEqual([{ Name: 'QueueName', Value: 'render-jobs-dead' }]);
  });
});

describe('other-workflow', () => {
  const settings = () => {
    const { Value } = only(get('other-workflow'), 'AWS::SSM::Parameter') as { Value: unknown };
    const parts = (Value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
    const value = parts.map((part) => (typeof part === 'string' ? part : 'https://token')).join('');
    return workerSettingsSchema.parse(JSON.parse(value));
  };

  it('gives the worker a valid graph', () => {
    const { workflow, maxMegapixels } = settings();
    expect(Object.values(workflow.graph).map(({ class_type }) => class_type)).toContain(
      'ImageUpscaleWithModel',
    );
    expect([workflow.name, workflow.output.scale, maxMegapixels]).toEqual(['upscale-model', 2, 6]);
  });

  it('names the model file that the image needs in its README', () => {
    const readme = readFileSync(join(ROOT, 'examples', 'other-workflow', 'README.md'), 'utf8');
    for (const { class_type, inputs } of Object.values(settings().workflow.graph)) {
      if (class_type === 'UpscaleModelLoader') expect(readme).toContain(inputs.model_name);
    }
  });
});

describe('private-subnets', () => {
  it('gives instances no public address', () => {
    const { LaunchTemplateData } = only(get('private-subnets'), 'AWS::EC2::LaunchTemplate') as {
      LaunchTemplateData: Properties;
    };
    const interfaces = LaunchTemplateData.NetworkInterfaces as Properties[];
    expect(interfaces.map(({ AssociatePublicIpAddress }) => AssociatePublicIpAddress as unknown)).toEqual([
      false,
    ]);
  });

  it('is in the private subnets of the given network, and creates none', () => {
    const template = get('private-subnets');
    expect(subnetsOf(template)).toEqual(['subnet-0bbbbbbbbbbbbbbb1', 'subnet-0bbbbbbbbbbbbbbb2']);
    expect(only(template, 'AWS::EC2::SecurityGroup').VpcId).toBe('vpc-0123456789abcdef0');
    const made = Object.values(template.Resources).map(({ Type }) => Type);
    expect(made.filter((type) => /::(VPC|Subnet|InternetGateway|NatGateway)$/.test(type))).toEqual([]);
  });
});
