/** `image rollback`, on the account of a test file. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Parameters } from '../../../cli/image/aws/parameters.ts';
import { explained } from '../../../cli/image/main.ts';
import { rollback } from '../../../cli/image/rollback.ts';
import type { Account } from './support/account.ts';

/** @param account of the file's tests */
export function rollbackTests(account: () => Account): void {
  describe('a rollback', () => {
    beforeEach(async () => {
      for (let k = 1; k <= 3; k++) {
        await account().image(`ami-0000000${k}`, k);
        await new Parameters(account().ssm).setCurrent('dev', `ami-0000000${k}`);
      }
    });
    const current = async () => (await account().parameters())['dev/ami/current'];

    it('sets the latest earlier image that still exists, and replaces the instances', async () => {
      account().front.images.delete('ami-00000002');
      const { session } = await account().enter('rollback --stage dev --yes');
      expect(await explained(rollback, session)).toBe(0);
      expect(await current()).toBe('ami-00000001');
      expect(await account().refreshes('dev')).toBe(1);
    });

    it('sets the image of --to', async () => {
      const { session } = await account().enter('rollback --stage dev --yes --to ami-00000001');
      expect(await explained(rollback, session)).toBe(0);
      expect(await current()).toBe('ami-00000001');
    });

    it('changes nothing in a dry run, or for an unknown image', async () => {
      const dry = await account().enter('rollback --stage dev --dry-run');
      expect(await explained(rollback, dry.session)).toBe(0);
      expect(dry.said()).toContain('from ami-00000003 to ami-00000002');
      const nowhere = await account().enter('rollback --stage dev --yes --to ami-0000000f');
      await expect(explained(rollback, nowhere.session)).rejects.toThrow(
        'ami-0000000f is no image of this service',
      );
      expect(await current()).toBe('ami-00000003');
      expect(await account().refreshes('dev')).toBe(0);
    });

    it('names the command that replaces the instances when the refresh does not start', async () => {
      account().front.refusals.push({
        action: 'StartInstanceRefresh',
        code: 'InstanceRefreshInProgress',
        times: 9,
      });
      const { session } = await account().enter('rollback --stage dev --yes');
      await expect(explained(rollback, session)).rejects.toThrow(
        /aws autoscaling start-instance-refresh --auto-scaling-group-name/,
      );
      expect(await current()).toBe('ami-00000002');
    });
  });
}
