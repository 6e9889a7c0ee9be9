/** Why a launch failed, from a group's scaling activity: AWS gives sentences only, which are matched here. */
import type { FailedLaunch } from '../ports.ts';

export interface LaunchActivity {
  StatusMessage?: string;
  /** JSON, with the zone. */
  Details?: string;
}

/** "Could not launch Spot Instances. UnfulfillableCapacity - Unable to ..." */
const CODE = /\b([A-Z][A-Za-z]+(?:\.[A-Z][A-Za-z]+)?) - /;
/** "We currently do not have sufficient g4dn.xlarge capacity in the Availability Zone you requested (us-east-1a)." */
const INSUFFICIENT = /do not have sufficient|no Spot capacity available|insufficient capacity/i;
const LIMIT = /requested more vCPU capacity than your current vCPU limit/i;
/** EBS's rate for volume initialization: launches at once exceed the account's quota in the region. */
const RATE = /volume ?initialization ?rate/i;
const TYPE =
  /\b([a-z]+\d+[a-z]*(?:-[a-z0-9]+)?\.(?:metal|nano|micro|small|medium|(?:\d+)?x?large)(?:-\d+xl)?)\b/;
const ZONE = /\b([a-z]{2}(?:-[a-z]{1,20}){1,4}-\d[a-z])\b/;

const zoneIn = (details: string | undefined): string | undefined => {
  try {
    const zone = (JSON.parse(details ?? '{}') as Record<string, unknown>)['Availability Zone'];
    return typeof zone === 'string' ? zone : undefined;
  } catch {
    return undefined;
  }
};

export function failedLaunch({ StatusMessage: message = '', Details }: LaunchActivity): FailedLaunch {
  const said = INSUFFICIENT.test(message)
    ? 'InsufficientInstanceCapacity'
    : LIMIT.test(message)
      ? 'VcpuLimitExceeded'
      : RATE.test(message)
        ? 'VolumeInitializationRateExceeded'
        : 'Other';
  const instanceType = TYPE.exec(message)?.[1];
  const availabilityZone = zoneIn(Details) ?? ZONE.exec(message)?.[1];
  return {
    code: CODE.exec(message)?.[1] ?? said,
    ...(instanceType ? { instanceType } : {}),
    ...(availabilityZone ? { availabilityZone } : {}),
    message,
  };
}
