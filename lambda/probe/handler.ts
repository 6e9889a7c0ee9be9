/** Entry point of the probe's Lambda function. */
import { probeEnvironmentSchema, probeEventSchema } from '../../contract/probe.ts';
import { portsOn } from './aws/ports.ts';
import { probe } from './run.ts';

const environment = probeEnvironmentSchema.parse(process.env);
const ports = {
  ...portsOn(environment),
  now: () => Date.now() / 1000,
  log: (line: Record<string, unknown>) => console.log(JSON.stringify(line)),
};

export const handler = (event: unknown): Promise<void> => {
  const { step, scheduledTime } = probeEventSchema.parse(event);
  return probe(step, Date.parse(scheduledTime) / 1000, ports);
};
