import { expect, it } from 'vitest';
import { cdkArguments, parseOptions, type DeployRoleOptions } from '../../cli/deploy-role/main.ts';

const CDK = ['--app', 'node --import tsx bin/deploy-role.ts', '--output', '.local/cdk.out-deploy-role'];
const of = (args: string) => cdkArguments(parseOptions(args.split(' ')) as DeployRoleOptions);

it.each([
  [
    '--repository octo/colours --stage dev',
    ['deploy', ...CDK, '-c', 'repository=octo/colours', '-c', 'stage=dev', '-c', 'provider=new'],
  ],
  [
    '--repository=octo@1/colours@2 --stage=prod --existing-provider --qualifier mine --yes',
    [
      ...[
        'deploy',
        ...CDK,
        '-c',
        'repository=octo@1/colours@2',
        '-c',
        'stage=prod',
        '-c',
        'provider=existing',
      ],
      ...['-c', 'qualifier=mine', '--require-approval', 'never'],
    ],
  ],
  [
    '--repository octo/colours --stage dev --dry-run --yes',
    ['synth', ...CDK, '-c', 'repository=octo/colours', '-c', 'stage=dev', '-c', 'provider=new'],
  ],
])('%s', (args, cdk) => expect(of(args)).toEqual(cdk));

it('has help', () => expect(parseOptions(['--help'])).toBe('help'));

it.each([
  ['--stage dev', '--repository OWNER/NAME is missing'],
  ['--repository octo/colours', '--stage is missing: local, chaos, dev, prod.'],
  [
    '--repository octo/colours --stage prdo',
    "unknown stage 'prdo': bin/stages.ts has local, chaos, dev, prod.",
  ],
  [
    '--repo octo/colours',
    "Unknown option '--repo' (npx ddcolor-elastic deploy-role --help lists the options).",
  ],
  ['octo/colours', "Unexpected argument 'octo/colours'"],
])('%s is refused', (args, message) => expect(() => of(args)).toThrow(message));
