/** The command line of `npx ddcolor-elastic image`. */
import { parseArgs } from 'node:util';
import { stages } from '../../bin/stages.ts';

export const HELP = `npx ddcolor-elastic image COMMAND --stage NAME [options]
  bake       build an image with Packer and make it the stage's candidate; the first one of a stage is in service at once
  promote    launch one instance of the candidate; when it colours as it should, put the image in service
  rollback   put the image before the current one in service again
  list       the images there are
  check      check the scripts and templates that an image is built from, without an account

  --stage NAME   one of ${Object.keys(stages).join(', ')}
  --region R     default: that of your AWS configuration
  --dry-run      say what would be done, and stop
  --yes          do not ask
  --to AMI       rollback: to this image
  --json         list: as JSON
  --help         this text

Ends with 0 when done, 1 when something went wrong or was refused, 2 when the command line is wrong, 3 when the candidate
did not prove itself, 130 when interrupted.`;

const COMMANDS = ['bake', 'promote', 'rollback', 'list'] as const;

export interface ReleaseOptions {
  command: (typeof COMMANDS)[number];
  stage: string;
  region: string | undefined;
  dryRun: boolean;
  yes: boolean;
  to: string | undefined;
  json: boolean;
}

/** What is wrong with a command line, for people. */
export class UsageError extends Error {}

const HINT = '(npx ddcolor-elastic image --help lists the options)';

/**
 * @returns 'help' when that is what was asked for
 * @throws UsageError with the value given and what is allowed
 */
export function parseOptions(args: string[]): ReleaseOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [name, ...more] = positionals;
  const known = Object.keys(stages);
  const command = COMMANDS.find((one) => one === name);
  const { stage, region, to } = values;
  const wrong = [
    [!command, `'${name ?? ''}' is not one of ${[...COMMANDS, 'check'].join(', ')}`],
    [more.length > 0, `'${more.join(' ')}' is too much`],
    [stage === undefined, `--stage is missing: one of ${known.join(', ')}`],
    [
      stage !== undefined && !known.includes(stage),
      `unknown stage '${stage ?? ''}': bin/stages.ts has ${known.join(', ')}`,
    ],
    [
      region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region),
      `--region '${region ?? ''}' is not like us-east-1`,
    ],
    [to !== undefined && command !== 'rollback', `--to is for rollback only`],
    [
      to !== undefined && !/^ami-[0-9a-f]{8,17}$/.test(to),
      `--to '${to ?? ''}' is not the id of an image, such as ami-0123456789abcdef0`,
    ],
    [values.json === true && command !== 'list', `--json is for list only`],
  ] as const;
  const problem = wrong.find(([is]) => is)?.[1];
  if (problem !== undefined || !command || stage === undefined)
    throw new UsageError(`${problem ?? ''} ${HINT}.`);
  const { 'dry-run': dryRun = false, yes = false, json = false } = values;
  return { command, stage, region, dryRun, yes, to, json };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        stage: { type: 'string' },
        region: { type: 'string' },
        'dry-run': { type: 'boolean' },
        yes: { type: 'boolean', short: 'y' },
        to: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const [reason] = (error as Error).message.split('. ');
    throw new UsageError(`${reason} ${HINT}.`, { cause: error });
  }
}
