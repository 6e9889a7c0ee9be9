/** The command line of deploy-role, and the CDK arguments that it becomes. */
import { expect, it } from 'vitest';
import { cdkArguments, define, type DeployRoleOptions } from '../../../cli/deploy-role/main.ts';
import { parse } from '../../support/parse.ts';

const CDK = ['--app', 'node --import tsx bin/deploy-role.ts', '--output', '.local/cdk.out-deploy-role'];
const context = (...pairs: string[]) => pairs.flatMap((pair) => ['-c', pair]);

it.each([
  [
    '--repository octo/colours --stage dev',
    ['deploy', ...CDK, ...context('repository=octo/colours', 'stage=dev', 'provider=new')],
  ],
  [
    '--repository=octo@1/colours@2 --stage=prod --existing-provider --qualifier mine --yes',
    [
      ...['deploy', ...CDK],
      ...context('repository=octo@1/colours@2', 'stage=prod', 'provider=existing', 'qualifier=mine'),
      ...['--require-approval', 'never'],
    ],
  ],
  [
    '--repository octo/colours --stage dev --dry-run --yes',
    ['synth', ...CDK, ...context('repository=octo/colours', 'stage=dev', 'provider=new')],
  ],
])('passes %s to the CDK', async (line, wanted) => {
  const { got } = await parse('deploy-role', define, line);
  expect(cdkArguments(got?.[0] as DeployRoleOptions)).toEqual(wanted);
});

it.each([
  ['--stage dev', "required option '--repository <owner/name>' not specified"],
  ['--repository octo/colours', "required option '--stage <name>' not specified"],
  ['--repository octo/colours --stage prdo', 'bin/stages.ts has local, chaos, dev, prod.'],
  ['--repository octo/colours --stage dev --drun', 'Did you mean --dry-run?'],
  ['--repository octo/colours --stage dev more', 'too many arguments'],
])('rejects %s', async (line, error) => {
  const { code, errors } = await parse('deploy-role', define, line);
  expect(errors).toContain(error);
  expect(code).toBe(2);
});
