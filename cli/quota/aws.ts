/** Reads the account's GPU quotas, and which zones offer instance types. */
import { EC2Client, paginateDescribeInstanceTypeOfferings } from '@aws-sdk/client-ec2';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  NoSuchResourceException,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { UserError } from '../../common/errors.ts';
import { awsCall } from '../shared/aws-errors.ts';
import type { ClientConfig } from '../shared/deployment.ts';
import { QUOTAS, type Kind } from './need.ts';
import type { Offers } from './zones.ts';

const NEEDS = 'servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota';

/** vCPUs. @throws UserError, ApiError */
export async function readQuotas(config: ClientConfig, signal: AbortSignal): Promise<Record<Kind, number>> {
  const client = new ServiceQuotasClient(config);
  const options = { abortSignal: signal };
  const read = async (kind: Kind) => {
    const of = { ServiceCode: 'ec2', QuotaCode: QUOTAS[kind].code };
    const { Quota } = await awsCall(`quota ${of.QuotaCode}`, NEEDS, signal, () =>
      client.send(new GetServiceQuotaCommand(of), options).catch((error: unknown) => {
        // Some regions have no entry for a quota that was never changed: AWS's default applies.
        if (error instanceof NoSuchResourceException)
          return client.send(new GetAWSDefaultServiceQuotaCommand(of), options);
        throw error;
      }),
    );
    if (Quota?.Value !== undefined) return Quota.Value;
    throw new UserError(`quota ${of.QuotaCode}: AWS gave no value.`);
  };
  return { onDemand: await read('onDemand'), spot: await read('spot') };
}

/** @throws UserError, ApiError */
export async function readOffers(
  config: ClientConfig,
  types: string[],
  signal: AbortSignal,
): Promise<Offers> {
  const client = new EC2Client(config);
  const offers: Offers = {};
  await awsCall('zones of instance types', 'ec2:DescribeInstanceTypeOfferings', signal, async () => {
    const pages = paginateDescribeInstanceTypeOfferings(
      { client },
      { LocationType: 'availability-zone', Filters: [{ Name: 'instance-type', Values: types }] },
      { abortSignal: signal },
    );
    for await (const { InstanceTypeOfferings = [] } of pages) {
      for (const { InstanceType, Location } of InstanceTypeOfferings) {
        if (InstanceType && Location) (offers[Location] ??= []).push(InstanceType);
      }
    }
  });
  // In the stage's order.
  for (const offered of Object.values(offers)) offered.sort((a, b) => types.indexOf(a) - types.indexOf(b));
  return offers;
}
