/** Parses the options of `npm start`. */
import { parseArgs } from 'node:util';
import { UserError } from '../common/errors.ts';
import { wholeNumber } from '../common/options.ts';

export const DEFAULT_PORT = 8321;
export const DEFAULT_COUNT = 60;
const MAX_COUNT = 5000;
/** Value of `--comfyui` that selects the ComfyUI of `npm run comfyui`. */
export const LOCAL = 'local';

export const HELP = `npm start -- [options]
  --photos DIR    colour your own JPEG, PNG, WebP and TIFF files; results go to .local/results/
  --count N       number of sample photos (default ${DEFAULT_COUNT}; of four or more, two are broken on purpose)
  --comfyui URL   use this ComfyUI instead of the stand-in, e.g. http://127.0.0.1:8188; 'local' is the one that
                  'npm run comfyui -- setup' installs
  --keep          keep everything running until Ctrl-C
  --port P        port of the page (default ${DEFAULT_PORT}, or the next free one)
  --json FILE     write the summary as JSON
  --help          this text`;

export interface StartOptions {
  photos?: string;
  count: number;
  /** A URL, or `local`. */
  comfyui?: string;
  keep: boolean;
  /** 0 takes any free port; undefined the default or, when that is taken, the next free one. */
  port?: number;
  json?: string;
  help: boolean;
}

/** @throws UserError with the given value and the allowed ones */
export function parseOptions(args: string[]): StartOptions {
  const values = parse(args);
  if (values.photos !== undefined && values.count !== undefined) {
    throw new UserError('--photos and --count exclude each other: --count is for sample photos.');
  }
  return {
    photos: values.photos,
    count: wholeNumber('--count', values.count ?? String(DEFAULT_COUNT), 1, MAX_COUNT),
    comfyui:
      values.comfyui === undefined || values.comfyui === LOCAL ? values.comfyui : httpUrl(values.comfyui),
    keep: values.keep ?? false,
    port: values.port === undefined ? undefined : wholeNumber('--port', values.port, 0, 65535),
    json: values.json,
    help: values.help ?? false,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        photos: { type: 'string' },
        count: { type: 'string' },
        comfyui: { type: 'string' },
        keep: { type: 'boolean' },
        port: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const [reason] = (error as Error).message.split('. ');
    throw new UserError(`${reason} (npm start -- --help lists the options).`, { cause: error });
  }
}

function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href.replace(/\/$/, '');
  throw new UserError(`--comfyui '${text}' is neither a URL such as http://127.0.0.1:8188 nor 'local'.`);
}
