/** Promotions that change nothing, on the account of a test file, whose candidate is newer than the current image. */
import { describe, expect, it } from 'vitest';
import { explained } from '../../../cli/image/main.ts';
import { promote } from '../../../cli/image/promote.ts';
import type { Account } from './support/account.ts';

/** @param account of the file's tests */
export function unchangedTests(account: () => Account): void {
  describe('a promotion changes nothing', () => {
    const writes = () =>
      account()
        .front.calls.map(({ action }) => action)
        .filter((action) => !/^(Describe|Get)/.test(action));

    it('in a dry run', async () => {
      for (let k = 3; k <= 5; k++) await account().image(`ami-0000000${k}`, -k);
      const { session, said } = await account().enter('promote --stage dev --dry-run --yes');
      expect(await explained(promote, session)).toBe(0);
      expect(writes()).toEqual([]);
      expect(said()).toMatch(
        /1\. Launch .*ami-00000002.*4\. Set the current .*from ami-00000001 to ami-00000002.*6\. Remove the image ami-00000005/s,
      );
    });

    it('without confirmation', async () => {
      const no = await account().enter('promote --stage dev', { ask: async () => 'n' });
      expect(await explained(promote, no.session)).toBe(1);
      const unattended = await account().enter('promote --stage dev');
      await expect(explained(promote, unattended.session)).rejects.toThrow('add --yes');
      expect(writes()).toEqual([]);
    });

    it('when the stage is not deployed', async () => {
      const { session } = await account().enter('promote --stage prod --yes');
      await expect(explained(promote, session)).rejects.toThrow('there is no group ddcolor-elastic-prod');
      expect(writes()).toEqual([]);
    });
  });
}
