/** The report of quota, as text and as JSON. */
import type { Stage } from '../../lib/stage/stage.ts';
import { count } from '../shared/format.ts';
import type { QuotaCheck, RateCheck } from './need.ts';
import { zoneLines, type ZoneCheck } from './zones.ts';

export interface QuotaReport {
  checks: QuotaCheck[];
  rate: RateCheck;
  zones: ZoneCheck;
}

/** Whether the stage can reach its maximum, as far as quotas and zones are concerned. */
export const isEnough = ({ checks, rate, zones }: QuotaReport): boolean =>
  checks.every(({ enough }) => enough) &&
  rate.enough &&
  zones.useless.length === 0 &&
  Object.keys(zones.offers).length > 0;

/** The command that asks AWS for the needed quota. */
export const requestLine = ({ code, needed }: QuotaCheck, region: string): string =>
  `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --desired-value ${needed} --region ${region}`;

const LABEL = { onDemand: 'on demand', spot: 'Spot' } as const;

type StageLimits = Pick<Stage, 'name' | 'maxCapacity' | 'minCapacity' | 'instanceTypes'>;

export function quotaLines(
  { name, maxCapacity, instanceTypes }: StageLimits,
  region: string,
  report: QuotaReport,
): string[] {
  const { checks, rate, zones } = report;
  return [
    `Stage ${name} in ${region}, at its maximum of ${count(maxCapacity, 'instance')}:`,
    ...checks.flatMap((check) => checkLines(check, region)),
    rateLine(rate, maxCapacity),
    ...zoneLines(zones, instanceTypes),
    isEnough(report)
      ? 'Enough, if nothing else in the account uses it.'
      : 'NOT ENOUGH: until changed, the fleet stays below its maximum (reason shortage), or no image can be built.',
  ];
}

const rateLine = ({ each, needed, allowed, enough }: RateCheck, instances: number): string =>
  each === 0
    ? '  volumes    load each block at its first read: no quota'
    : `  volumes    needed ${needed} MiB/s (${count(instances, 'instance')} of ${each} that start at once), allowed ${allowed} by default: ${enough ? 'enough' : 'NOT ENOUGH'}`;

function checkLines(check: QuotaCheck, region: string): string[] {
  const { kind, code, name, instances, imageInstances, vcpusEach, needed, allowed, allows, enough } = check;
  const images = imageInstances > 0 ? `, ${imageInstances} more to bake and try images` : '';
  return [
    `  ${LABEL[kind].padEnd(9)}  needed ${needed} vCPUs (${count(instances, 'instance')} of ${vcpusEach}${images}), allowed ${allowed}, which is ${count(allows, 'instance')}: ${enough ? 'enough' : 'NOT ENOUGH'}`,
    `             ${name}, ${code}`,
    ...(enough ? [] : [`             ${requestLine(check, region)}`]),
  ];
}

export const quotaJson = (
  { name, minCapacity, maxCapacity }: StageLimits,
  region: string,
  report: QuotaReport,
) => ({
  command: 'quota',
  ...{ stage: name, region, minCapacity, maxCapacity },
  enough: isEnough(report),
  volumeInitializationRate: report.rate,
  zones: report.zones,
  quotas: report.checks.map((check) => ({
    ...check,
    request: check.enough ? null : requestLine(check, region),
  })),
});
