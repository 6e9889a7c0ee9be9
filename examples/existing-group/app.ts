/** The scaler and monitoring on an existing group and an existing queue. */
import { App, Stack, Validations } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BacklogScaler, DEFAULT_POLICY, Monitoring } from '../../lib/index.ts';

const app = new App();
const stack = new Stack(app, 'RendererScaling');
const stageName = 'renderer';
const queueNamed = (name: string) =>
  Queue.fromQueueArn(stack, name, stack.formatArn({ service: 'sqs', resource: name }));

const queue = queueNamed('render-jobs');
const deadLetterQueue = queueNamed('render-jobs-dead');
const autoScalingGroup = AutoScalingGroup.fromAutoScalingGroupName(stack, 'Group', 'renderers');

new BacklogScaler(stack, 'Scaler', {
  stageName,
  queue,
  autoScalingGroup,
  // Jobs take about 30 s and instances boot in about 3 minutes; the scaler measures both later.
  policy: { ...DEFAULT_POLICY, targetWaitSeconds: 60, serviceSeconds: 30, bootSeconds: 180 },
  hourlyPrices: { 'g6e.xlarge': 1.861 },
  dailySpendLimit: 100,
});
new Monitoring(stack, 'Monitoring', { stageName, queue, deadLetterQueue, dailySpendLimit: 100 });

Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
