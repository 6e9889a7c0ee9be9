/** Why a launch failed, from a group's scaling activity: AWS gives sentences only, which are matched here. */
import type { Activity } from '@aws-sdk/client-auto-scaling';
import type { FailedLaunch, FleetLaunch } from '../ports.ts';

type LaunchActivity = Pick<Activity, 'StatusMessage' | 'Details'>;

/** "Could not launch Spot Instances. UnfulfillableCapacity - Unable to ..." */
const CODE = /\b([A-Z][A-Za-z]+(?:\.[A-Z][A-Za-z]+)?) - /;
/** "We currently do not have sufficient g4dn.xlarge capacity in the Availability Zone you requested (us-east-1a)." */
const INSUFFICIENT = /do not have sufficient|no Spot capacity available|insufficient capacity/i;
const LIMIT = /requested more vCPU capacity than your current vCPU limit/i;
/** EBS's rate for volume initialization: launches at once exceed the account's quota in the region. */
const RATE = /volume ?initialization ?rate/i;
/**
 * "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token 0fc6... was abandoned: Heartbeat Timeout",
 * and with "Lifecycle Action Completed with ABANDON Result" where the worker ended the launch.
 */
const ABANDONED = /was abandoned: (?:Heartbeat Timeout|Lifecycle Action Completed)/;
/** "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: Client.InternalError: ..." */
const DIED = /became unhealthy while waiting for instance to be in/;
/** Reasons for which the image is not to blame. */
const TAKEN = /SpotInstance|UserInitiated/;
const TIMED_OUT = /was abandoned: Heartbeat Timeout/;
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
        : ABANDONED.test(message) || DIED.test(message)
          ? 'NeverInService'
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

/** What a launch is for: the fleet, or a stopped instance of its warm pool. */
type Purpose = 'service' | 'warm-pool';
const DESCRIPTIONS: Record<Purpose, RegExp> = {
  /** "Launching a new EC2 instance: i-0abc", with " Status Reason: ..." behind it, or "... from warm pool: i-0abc". */
  service: /^Launching a new EC2 instance(?! into warm pool)(?: from warm pool)?(?:: (i-[0-9a-f]{1,40}))?/,
  'warm-pool': /^Launching a new EC2 instance into warm pool(?:: (i-[0-9a-f]{1,40}))?/,
};
/** The instance is in service, and counts towards metrics once its warm-up is over. */
const IN_SERVICE = new Set(['Successful', 'WaitingForInstanceWarmup']);

function outcomeOf(
  status: string | undefined,
  instance: string | undefined,
  message: string,
): FleetLaunch['outcome'] {
  if (IN_SERVICE.has(status ?? '')) return 'in-service';
  if (status !== 'Failed' && status !== 'Cancelled') return 'under-way';
  if (instance === undefined) return 'refused';
  const hasFailed = ABANDONED.test(message) || DIED.test(message) || status === 'Failed';
  return hasFailed && !TAKEN.test(message) ? 'boot-failed' : 'cancelled';
}

const secondsOf = (date: Date | undefined) => (date === undefined ? undefined : date.getTime() / 1000);

/** A launch by its activity; undefined for an activity of another kind. One into a warm pool is `in-service` once it is in there. */
export function launchOf(activity: Activity, purpose: Purpose = 'service'): FleetLaunch | undefined {
  const { ActivityId: id, StartTime, EndTime, StatusCode, StatusMessage: message = '' } = activity;
  const launch = DESCRIPTIONS[purpose].exec(activity.Description ?? '');
  const startedAt = secondsOf(StartTime);
  if (!launch || id === undefined || startedAt === undefined) return undefined;
  const [, instance] = launch;
  const outcome = outcomeOf(StatusCode, instance, message);
  const endedAt = secondsOf(EndTime);
  const isFailed = outcome === 'refused' || outcome === 'boot-failed';
  return {
    id,
    startedAt,
    outcome,
    ...(instance === undefined ? {} : { instance }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(isFailed ? { failure: failedLaunch(activity) } : {}),
    ...(outcome === 'boot-failed' ? { why: whyOf(message) } : {}),
  };
}

/** In place of AWS's sentence, where what it means is known. */
const whyOf = (message: string): string =>
  TIMED_OUT.test(message)
    ? 'it was not ready when the time of its launch hook was over'
    : message.slice(0, 200);
