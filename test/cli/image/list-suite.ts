/** `image list`, on the account of a test file. */
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Parameters } from '../../../cli/image/aws/parameters.ts';
import { list } from '../../../cli/image/list.ts';
import { explained } from '../../../cli/image/main.ts';
import { IMAGE_SIZE_TAG, IMAGE_TAGS, SERVICE } from '../../../contract/names.ts';
import type { Account } from './support/account.ts';

const REVISION = '0123456789abcdef0123456789abcdef01234567';

/** @param account of the file's tests */
export function listTests(account: () => Account): void {
  describe('the list', () => {
    const tags = {
      [IMAGE_TAGS.revision]: REVISION,
      [IMAGE_TAGS.comfyui]: '0.3.64',
      [IMAGE_TAGS.ddcolor]: 'a'.repeat(40),
      [IMAGE_TAGS.weights]: 'b'.repeat(64),
      [IMAGE_SIZE_TAG]: '62',
    };
    beforeEach(async () => {
      await account().image('ami-00000001', 1, { tags });
      await account().image('ami-00000002', 2);
      await new Parameters(account().ssm).setCurrent('dev', 'ami-00000001');
      await new Parameters(account().ssm).setCandidate('prod', 'ami-00000001');
    });

    it('shows versions and use of each image', async () => {
      const { session, said } = await account().enter('list --stage dev');
      expect(await explained(list, session)).toBe(0);
      expect(said()).toMatch(
        /ami-00000002 .*\nami-00000001 +2026-11-01 00:01 +0123456789ab +0\.3\.64 +a{12} +b{12} +62 +dev current, prod candidate\n/,
      );
    });

    it('is JSON with --json', async () => {
      const { session, said } = await account().enter('list --stage dev --json');
      expect(await explained(list, session)).toBe(0);
      expect(JSON.parse(said())).toMatchObject([
        { id: 'ami-00000002', usedAs: [] },
        {
          id: 'ami-00000001',
          comfyui: '0.3.64',
          sizeGib: 62,
          usedAs: ['dev current', 'prod candidate'],
          deprecated: false,
        },
      ]);
    });

    it('reads only tags that the build sets', () => {
      const template = readFileSync('ami/packer/ddcolor-elastic.pkr.hcl', 'utf8');
      const pins = [...template.matchAll(/^ {4}(\w+) += var\.\w+$/gm)].map(([, pin = '']) =>
        pin.replaceAll('_', '-'),
      );
      const set = [
        ...pins.map((pin) => `${SERVICE}:${pin}`),
        ...[...template.matchAll(/^ +"([\w:-]+)" += /gm)].map(([, tag = '']) => tag),
      ];
      for (const tag of Object.values(IMAGE_TAGS)) expect(set).toContain(tag);
      expect(template).toMatch(new RegExp(`"${IMAGE_TAGS.service}" += "${SERVICE}"`));
    });
  });
}
