/** The report of quota, as text and as JSON. */
import type { Stage } from '../../lib/stage/stage.ts';
import { count } from '../shared/format.ts';
import type { QuotaCheck } from './need.ts';

/** The command that asks AWS for the needed quota. */
export const requestLine = ({ code, needed }: QuotaCheck, region: string): string =>
  `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --desired-value ${needed} --region ${region}`;

const LABEL = { onDemand: 'on demand', spot: 'Spot' } as const;

type StageLimits = Pick<Stage, 'name' | 'maxCapacity' | 'minCapacity'>;

export function quotaLines(
  { name, maxCapacity }: StageLimits,
  region: string,
  checks: QuotaCheck[],
): string[] {
  const short = checks.filter(({ enough }) => !enough);
  return [
    `Stage ${name} in ${region}, at its maximum of ${count(maxCapacity, 'instance')}:`,
    ...checks.flatMap((check) => checkLines(check, region)),
    short.length === 0
      ? 'Enough, if nothing else in the account uses it.'
      : `NOT ENOUGH: until raised, the fleet stays below its maximum (reason shortage).`,
  ];
}

function checkLines(check: QuotaCheck, region: string): string[] {
  const { kind, code, name, instances, vcpusEach, needed, allowed, allows, enough } = check;
  return [
    `  ${LABEL[kind].padEnd(9)}  needed ${needed} vCPUs (${count(instances, 'instance')} of ${vcpusEach}), allowed ${allowed}, which is ${count(allows, 'instance')}: ${enough ? 'enough' : 'NOT ENOUGH'}`,
    `             ${name}, ${code}`,
    ...(enough ? [] : [`             ${requestLine(check, region)}`]),
  ];
}

export const quotaJson = (
  { name, minCapacity, maxCapacity }: StageLimits,
  region: string,
  checks: QuotaCheck[],
) => ({
  command: 'quota',
  ...{ stage: name, region, minCapacity, maxCapacity },
  enough: checks.every(({ enough }) => enough),
  quotas: checks.map((check) => ({ ...check, request: check.enough ? null : requestLine(check, region) })),
});
