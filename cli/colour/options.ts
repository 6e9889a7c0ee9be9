/** The command line of `ddcolor-elastic colour`. */
import { parseArgs } from 'node:util';
import { stages } from '../../bin/stages.ts';
import { UsageError } from '../../common/errors.ts';

const WIDTH = { default: 8, most: 64 };
const MONTH_SECONDS = 24 * 86_400;

export const HELP = `ddcolor-elastic colour FILE|FOLDER... [options]
  Sends photos (JPEG, PNG, WebP, TIFF; in folders, all below) and fetches them in colour, under their own names.
  Stopped or cut off, the same command goes on where it was: nothing is sent twice, nothing is lost.

Where to, one of
  --url URL          the API of a stage (output ApiUrl of its stack)
    --token TOKEN    where a token is asked for; better kept in DDCOLOR_TOKEN, since others see command lines
    --sign           where AWS signatures are asked for: with your AWS credentials
  --stage NAME       the bucket of a stage, with your AWS credentials: ${Object.keys(stages).join(', ')}
  --bucket NAME      the same by the bucket's name
  --region R         default: that of the URL, or of your AWS configuration

  --out DIR          where results go (default ./coloured), with a journal of what was sent: .ddcolor-elastic.jsonl
  --force            overwrite files there that this command has not made
  --retry            send again what was refused in an earlier run
  --width N          transfers at a time, 1 to ${WIDTH.most} (default ${WIDTH.default})
  --timeout SECONDS  stop waiting after this time (default: never)
  --json             a JSON object for each photo as it ends, and a summary in the end
  --quiet            nothing but what went wrong
  --help             this text

Ends with 0 when all are coloured, 1 when something could not be coloured or was refused, 2 when the command line is
wrong, 3 when the service could not be reached or was not done in time, 130 when interrupted.`;

/** How the API is told who asks. */
export type Access = { kind: 'open' } | { kind: 'token'; token: string } | { kind: 'sign' };

export type Destination = { region: string | undefined } & (
  | { kind: 'api'; url: string; access: Access }
  | { kind: 'bucket'; bucket: string }
  | { kind: 'stage'; stage: string }
);

export interface ColourOptions {
  inputs: string[];
  where: Destination;
  out: string;
  force: boolean;
  retry: boolean;
  width: number;
  timeoutSeconds: number | undefined;
  json: boolean;
  quiet: boolean;
}

const HINT = '(ddcolor-elastic help colour lists the options)';
const wrong = (what: string) => new UsageError(`${what} ${HINT}.`);

/**
 * @returns 'help' when that is what was asked for
 * @throws UsageError
 */
export function parseOptions(args: string[], env: NodeJS.ProcessEnv): ColourOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  if (positionals.length === 0) throw wrong('No photos: name files or folders');
  if (values.out === '') throw wrong("--out '' names no folder");
  const { force = false, retry = false, json = false, quiet = false, out = './coloured' } = values;
  return {
    inputs: positionals,
    where: whereOf(values, env),
    out,
    force,
    retry,
    width: values.width === undefined ? WIDTH.default : wholeNumber('--width', values.width, 1, WIDTH.most),
    timeoutSeconds:
      values.timeout === undefined ? undefined : wholeNumber('--timeout', values.timeout, 1, MONTH_SECONDS),
    json,
    quiet,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        token: { type: 'string' },
        sign: { type: 'boolean' },
        stage: { type: 'string' },
        bucket: { type: 'string' },
        region: { type: 'string' },
        out: { type: 'string', short: 'o' },
        force: { type: 'boolean' },
        retry: { type: 'boolean' },
        width: { type: 'string' },
        timeout: { type: 'string' },
        json: { type: 'boolean' },
        quiet: { type: 'boolean', short: 'q' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('. ');
    throw new UsageError(`${reason} ${HINT}.`, { cause: error });
  }
}

type Values = ReturnType<typeof parse>['values'];

function whereOf({ url, token, sign, stage, bucket, region }: Values, env: NodeJS.ProcessEnv): Destination {
  const given = Object.entries({ url, stage, bucket }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const names = given.map(([name]) => `--${name}`).join(' and ');
    throw wrong(given.length === 0 ? 'Where to? --url, --stage or --bucket' : `${names} exclude each other`);
  }
  if (region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) {
    throw wrong(`--region '${region}' is not like us-east-1`);
  }
  if (url === undefined && (token !== undefined || sign)) {
    throw wrong(`--${token === undefined ? 'sign' : 'token'} is for --url only`);
  }
  if (url !== undefined) {
    if (token !== undefined && sign) throw wrong('--token and --sign exclude each other');
    const access: Access = sign ? { kind: 'sign' } : tokenOf(token ?? env.DDCOLOR_TOKEN);
    return { kind: 'api', url: apiUrl(url), access, region };
  }
  if (stage !== undefined) {
    const known = Object.keys(stages);
    if (known.includes(stage)) return { kind: 'stage', stage, region };
    throw wrong(`--stage '${stage}': bin/stages.ts has ${known.join(', ')}`);
  }
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket ?? '')) {
    return { kind: 'bucket', bucket: bucket ?? '', region };
  }
  throw wrong(
    `--bucket '${bucket}' is not the name of a bucket: 3 to 63 small letters, digits, dots and hyphens`,
  );
}

function tokenOf(token: string | undefined): Access {
  if (token === undefined || token === '') return { kind: 'open' };
  if (/^[\x21-\x7e]+$/.test(token)) return { kind: 'token', token };
  // Not shown: it is a secret.
  throw wrong('The token has blanks or other characters that no token has');
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function apiUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw wrong(
      `--url '${text}' is not an address such as https://abc123.execute-api.us-east-1.amazonaws.com/`,
    );
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw wrong(`--url '${text}': http is for this machine only, https for all others`);
  }
  if (url.search || url.hash || url.username || url.password) {
    throw wrong(`--url '${url.origin}${url.pathname}…' has more than a host and a path`);
  }
  return `${url.origin}${url.pathname.replace(/\/*$/, '')}/`;
}

function wholeNumber(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw wrong(`${name} '${text}' is not a whole number from ${low} to ${high}`);
}
