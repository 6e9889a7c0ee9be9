/**
 * `npm run bench -- forward --ddcolor DIR [--device cuda|cpu] [--json FILE]`: DDColor's network by precision and batch on the
 * device at hand, with random weights. The measuring program is `forward/main.py`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { prefix } from '../../cli/comfyui/setup.ts';
import { command } from '../../common/command.ts';
import { UserError } from '../../common/errors.ts';
import { runToEnd } from '../../common/processes.ts';
import { checkWritable } from '../../local/run/preflight.ts';
import { reportLines, reportSchema } from './forward-report.ts';

const PROGRAM = join(import.meta.dirname, 'forward', 'main.py');
/** Has our node's package. */
const NODE = join(import.meta.dirname, '..', '..', 'ami', 'comfyui');

export interface ForwardOptions {
  /** A checkout of piddnad/DDColor. */
  ddcolor: string;
  /** @default cuda where PyTorch finds a GPU */
  device?: 'cuda' | 'cpu';
  /** Separated by commas, as are the next two. */
  sizes: string;
  batches: string;
  parts: string;
  side: number;
  /** Photos. @default 8, or the largest batch */
  count?: number;
  /** A folder of grey photos instead of made-up ones. */
  photos?: string;
  /** A Python that has PyTorch. @default that of `comfyui setup`, or python3 */
  python?: string;
  json?: string;
}

function pythonOf({ python }: ForwardOptions): string {
  if (python !== undefined) return python;
  const installed = join(prefix(), 'opt', 'comfyui', '.venv', 'bin', 'python');
  return existsSync(installed) ? installed : 'python3';
}

/** @throws UserError when PyTorch is missing, or the GPU that was asked for */
async function deviceOf(python: string, wanted: ForwardOptions['device'], abort: AbortSignal) {
  const question = "import torch; print('cuda' if torch.cuda.is_available() else 'cpu')";
  const { code, output } = await runToEnd(python, ['-c', question], { abort });
  if (code !== 0)
    throw new UserError(
      `${python} cannot import torch: 'npm run comfyui -- setup' installs it, or --python names a Python that has it.`,
    );
  const found = output.trim().split('\n').at(-1) === 'cuda' ? 'cuda' : 'cpu';
  if (wanted === 'cuda' && found === 'cpu')
    throw new UserError('PyTorch finds no GPU: leave out --device, or use --device cpu.');
  return wanted ?? found;
}

export const bench = (options: ForwardOptions): Promise<number> =>
  command('npm run bench -- forward', async ({ abort, scope, progress }) => {
    const { ddcolor, sizes, batches, parts, side, count, photos, json } = options;
    if (!existsSync(join(ddcolor, 'ddcolor', 'model.py')))
      throw new UserError(`${ddcolor} is no checkout of piddnad/DDColor: it has no ddcolor/model.py.`);
    if (json !== undefined) await checkWritable(json);
    const python = pythonOf(options);
    const device = await deviceOf(python, options.device, abort);
    const folder = mkdtempSync(join(tmpdir(), 'forward-'));
    await scope.defer(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'report.json');
    const given = {
      ddcolor,
      device,
      sizes,
      batches,
      parts,
      side: String(side),
      json: file,
      ...(count !== undefined && { count: String(count) }),
      ...(photos && { photos }),
    };
    const { code, output } = await runToEnd(
      python,
      [PROGRAM, ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, value])],
      {
        abort,
        onLine: (line) => progress.print(line),
        env: {
          ...process.env,
          PYTHONPATH: [ddcolor, NODE, process.env['PYTHONPATH']].filter(Boolean).join(delimiter),
          PYTHONDONTWRITEBYTECODE: '1',
        },
      },
    );
    if (code !== 0)
      throw new UserError(`The measurement failed:\n${output.trim().split('\n').slice(-3).join('\n')}`);
    const text = readFileSync(file, 'utf8');
    if (json !== undefined) writeFileSync(json, `${text}\n`);
    for (const line of reportLines(reportSchema.parse(JSON.parse(text)))) progress.print(line);
    return 0;
  });
