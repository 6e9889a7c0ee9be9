/** The command line of the image commands. */
import { describe, expect, it } from 'vitest';
import { define } from '../../../cli/image/main.ts';
import { parse } from '../../support/parse.ts';

describe('the command line', () => {
  it.each([
    ['promote --stage dev', { stage: 'dev' }],
    [
      'rollback --stage prod --region eu-west-1 --dry-run --yes --to ami-0123456789abcdef0',
      { stage: 'prod', region: 'eu-west-1', dryRun: true, yes: true, to: 'ami-0123456789abcdef0' },
    ],
    ['list --stage=dev --json', { stage: 'dev', json: true }],
  ])('parses %s', async (line, options) =>
    expect((await parse('image', define, line)).got).toEqual([options]),
  );

  it.each([
    ['deploy --stage dev', "unknown command 'deploy'"],
    ['lst --stage dev', 'Did you mean list?'],
    ['list dev --stage dev', "too many arguments for 'list'"],
    ['bake', "required option '--stage <name>' not specified"],
    ['bake --stage prdo', 'bin/stages.ts has local, chaos, dev, prod'],
    ['bake --stage dev --region Ireland', 'Expected a region such as us-east-1'],
    ['promote --stage dev --to ami-0123456789abcdef0', "unknown option '--to'"],
    ['rollback --stage dev --to latest', 'Expected the id of an image'],
    ['bake --stage dev --json', "unknown option '--json'"],
  ])('rejects %s', async (line, error) => {
    const { code, errors } = await parse('image', define, line);
    expect(errors).toContain(error);
    expect(code).toBe(2);
  });
});
