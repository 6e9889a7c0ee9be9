/** The command line of `ddcolor-elastic colour`. */
import { InvalidArgumentError, Option } from 'commander';
import type { Options } from '../../contract/photo-option.ts';
import { RESERVED_METADATA } from '../../contract/reserved-metadata.ts';
import {
  stepNames,
  WORKFLOW_METADATA,
  WORKFLOW_NAME,
  WORKFLOW_NAME_RULE,
} from '../../contract/workflow-names.ts';
import { COLOURED_PHOTOS, type ColouredPhotos } from '../../contract/photo-types.ts';
import { bucketName, region, wholeNumber, type CommandLine } from '../../common/command-line.ts';
import { UsageError } from '../../common/errors.ts';
import { knownStage } from '../shared/stages.ts';

const MAX_CONCURRENCY = 64;
const MAX_TIMEOUT_SECONDS = 24 * 86_400;

/** How the API authenticates the caller. */
export type Access = { kind: 'open' } | { kind: 'token'; token: string } | { kind: 'sign' };

export type Destination = { region: string | undefined } & (
  | { kind: 'api'; url: string; access: Access }
  | { kind: 'bucket'; bucket: string }
  | { kind: 'stage'; stage: string }
);

export interface ColourOptions {
  url?: string;
  token?: string;
  sign?: boolean;
  stage?: string;
  bucket?: string;
  region?: string;
  out: string;
  force?: boolean;
  retry?: boolean;
  /** Transfers at a time. */
  width: number;
  /** Seconds. */
  timeout?: number;
  colouredPhotos?: ColouredPhotos;
  bulk?: boolean;
  /** Of the workflow, by name. */
  option?: Options;
  /** Percent. */
  strength?: number;
  /** Or a chain. @default the stage's own */
  workflow?: string;
  json?: boolean;
  quiet?: boolean;
}

const DESTINATION = 'Destination, one of --url, --stage and --bucket:';

const to = (flags: string, description: string) => new Option(flags, description).helpGroup(DESTINATION);

export const withOptions = (command: CommandLine): CommandLine =>
  command
    .description(
      'Sends photos (JPEG, PNG, WebP, TIFF, AVIF) and downloads them in colour, under their own names. Stopped or cut off, the same command continues: nothing is sent twice, nothing is lost.',
    )
    .argument('<photos...>', 'files, or folders with everything below them')
    .addOption(
      to('--url <url>', 'the API of a stage (output ApiUrl of its stack)')
        .argParser(apiUrl)
        .conflicts(['stage', 'bucket']),
    )
    .addOption(
      to(
        '--token <token>',
        'for an API that requires one; better in DDCOLOR_TOKEN, since command lines are visible',
      )
        .argParser(token)
        .conflicts(['sign', 'stage', 'bucket']),
    )
    .addOption(
      to('--sign', 'for an API that requires AWS signatures: use your AWS credentials').conflicts([
        'stage',
        'bucket',
      ]),
    )
    .addOption(
      to('--stage <name>', 'the bucket of a stage, with your AWS credentials')
        .argParser(knownStage)
        .conflicts('bucket'),
    )
    .addOption(to('--bucket <name>', 'the same by the name of the bucket').argParser(bucketName))
    .addOption(
      to('--region <region>', 'default: that of the URL, or of your AWS configuration').argParser(region),
    )
    .addOption(
      new Option('-o, --out <dir>', 'folder of the results, and of the journal .ddcolor-elastic.jsonl')
        .default('./coloured')
        .argParser(folder),
    )
    .option('--force', 'overwrite files there that this command did not make')
    .option('--retry', 'send photos again that failed in an earlier run')
    .addOption(
      new Option('--width <n>', `transfers at a time, 1 to ${MAX_CONCURRENCY}`)
        .default(8)
        .argParser(wholeNumber(1, MAX_CONCURRENCY)),
    )
    .addOption(
      new Option('--timeout <seconds>', 'stop waiting after this time (default: never)').argParser(
        wholeNumber(1, MAX_TIMEOUT_SECONDS),
      ),
    )
    .addOption(
      new Option(
        '--coloured-photos <what>',
        'photos that are in colour already: recolour them, or refuse them (default: recolour)',
      ).choices(COLOURED_PHOTOS),
    )
    .addOption(
      new Option(
        '--option <name=value>',
        "an option of the stage's workflow, such as preset=buildings; more than once for several",
      ).argParser(namedValue),
    )
    .addOption(
      new Option('--strength <percent>', 'of the colours that are added, 0 to 100').argParser(
        wholeNumber(0, 100),
      ),
    )
    .addOption(
      new Option(
        '--workflow <name>',
        "one of the stage's workflows, or a chain of them, such as ddcolor+upscale (default: the stage's own)",
      ).argParser(workflowName),
    )
    .option(
      '--bulk',
      "send to the stage's bulk lane: coloured within its deadline (default: 1 hour), and no delay to others",
    )
    .option('--json', 'print a JSON object for each photo, and a summary at the end')
    .option('-q, --quiet', 'print only what failed')
    .notes(
      `Example: ddcolor-elastic colour scans/ --url https://abc123.execute-api.us-east-1.amazonaws.com --out coloured

Exit codes: 0 all are coloured; 1 a photo failed or was refused; 2 wrong command line; 3 the service could not be
reached or was not done in time; 130 interrupted.`,
    );

/** @throws UsageError */
export function destinationOf(options: ColourOptions, env: NodeJS.ProcessEnv): Destination {
  const { url, stage, bucket, sign, region } = options;
  if (url !== undefined) return { kind: 'api', url, access: accessOf(sign, options.token, env), region };
  if (options.token !== undefined || sign) {
    throw new UsageError(`--${sign ? 'sign' : 'token'} is for --url only.`);
  }
  if (stage !== undefined) return { kind: 'stage', stage, region };
  if (bucket !== undefined) return { kind: 'bucket', bucket, region };
  throw new UsageError('the destination is missing: --url, --stage or --bucket.');
}

function accessOf(sign: boolean | undefined, given: string | undefined, env: NodeJS.ProcessEnv): Access {
  if (sign) return { kind: 'sign' };
  const found = given ?? env.DDCOLOR_TOKEN;
  return found === undefined || found === ''
    ? { kind: 'open' }
    : { kind: 'token', token: checkedToken(found) };
}

const TOKEN_ERROR = 'the token has blanks or other characters that no token has.';

/** @throws UsageError without the token, which is a secret */
function checkedToken(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new UsageError(TOKEN_ERROR);
}

// Commander's own error would show the value.
const token = checkedToken;

function folder(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Expected the name of a folder.');
}

/** What a stage has is not known here. */
function workflowName(text: string): string {
  if (stepNames(text).every((name) => WORKFLOW_NAME.test(name))) return text;
  throw new InvalidArgumentError(
    `Expected the name of a workflow, or of several with + between them: each ${WORKFLOW_NAME_RULE}.`,
  );
}

/** Numbers as such, since the API's document says which options are numbers; not `1.0`, which may be a choice. */
export function namedValue(text: string, before: Options = {}): Options {
  const [, name, value] = /^([a-z][a-z0-9-]*)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Expected a name and a value, such as preset=buildings.');
  const what = RESERVED_METADATA.get(name);
  if (what !== undefined)
    throw new InvalidArgumentError(
      `No workflow has an option of this name, which is reserved for the ${what}.`,
    );
  const isNumber = /^-?\d+(\.\d+)?$/.test(value) && String(Number(value)) === value;
  return { ...before, [name]: isNumber ? Number(value) : value };
}

/** With the workflow under its reserved name, as the photo's metadata has it. @throws UsageError for two strengths */
export function photoOptionsOf({
  option: given = {},
  strength,
  workflow,
}: Pick<ColourOptions, 'option' | 'strength' | 'workflow'>): Options {
  const option = { ...given, ...(workflow !== undefined && { [WORKFLOW_METADATA]: workflow }) };
  if (strength === undefined) return option;
  if (given.strength === undefined || given.strength === strength) return { ...option, strength };
  throw new UsageError(
    `--strength ${strength} and --option strength=${given.strength}: expected one of them.`,
  );
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** @throws UsageError without what may be a secret */
function apiUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new InvalidArgumentError(
      'Expected a URL such as https://abc123.execute-api.us-east-1.amazonaws.com/.',
    );
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw new InvalidArgumentError('Expected https; http is for this machine only.');
  }
  if (url.search || url.hash || url.username || url.password) {
    throw new UsageError(`--url '${url.origin}${url.pathname}…' has more than a host and a path.`);
  }
  let end = url.pathname.length;
  while (url.pathname[end - 1] === '/') end--;
  return `${url.origin}${url.pathname.slice(0, end)}/`;
}
