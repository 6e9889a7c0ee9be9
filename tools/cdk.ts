/** `npm run synth | diff | deploy | destroy`: the CDK's CLI, with the stage's name checked first. */
import { stages } from '../bin/stages.ts';
import { cdkCli } from '../common/cdk.ts';
import { spawn } from 'node:child_process';
import { missingImage } from './missing-image.ts';

/** As in bin/app.ts. */
const DEFAULT_STAGE = 'dev';

/** Turns `--stage NAME` into the CDK's own `-c stage=NAME`; everything else passes as it is. */
export function cdkArguments(args: string[], known: string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const inline = /^--stage=(.*)$/.exec(arg)?.[1];
    const context = /^stage=(.*)$/.exec(arg)?.[1];
    if (arg === '--stage' || inline !== undefined)
      out.push('-c', `stage=${checked(inline ?? args[++i], known)}`);
    else if (context !== undefined && /^(-c|--context)$/.test(args[i - 1] ?? ''))
      out.push(`stage=${checked(context, known)}`);
    else out.push(arg);
  }
  return out;
}

/** The stage of arguments for the CDK. */
export const stageOf = (cdk: string[]): string =>
  cdk.map((arg) => /^stage=(.*)$/.exec(arg)?.[1]).findLast((stage) => stage !== undefined) ?? DEFAULT_STAGE;

function checked(stage: string | undefined, known: string[]): string {
  if (stage !== undefined && known.includes(stage)) return stage;
  throw new RangeError(`unknown stage '${stage ?? ''}': bin/stages.ts has ${known.join(', ')}.`);
}

export async function main(args: string[]): Promise<number> {
  let cdk: string[];
  try {
    cdk = cdkArguments(args, Object.keys(stages));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    return 1;
  }
  if (cdk[0] === 'deploy' && !cdk.some((arg) => /^(-h|--help)$/.test(arg))) {
    const missing = await missingImage(stageOf(cdk));
    if (missing !== undefined) {
      console.error(missing);
      return 1;
    }
  }
  const child = spawn(process.execPath, [cdkCli(), ...cdk], { stdio: 'inherit' });
  // Ctrl-C reaches the CLI by the terminal; only a signal to this process alone must be passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
