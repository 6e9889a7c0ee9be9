/** Reads the account's GPU quotas. */
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
