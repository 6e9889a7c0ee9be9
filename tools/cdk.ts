/** `npm run synth | diff | deploy | destroy`: runs the CDK's CLI after checking the stage's name, and before a deploy what would make it fail. */
import { spawn } from 'node:child_process';
import { stages } from '../bin/stages.ts';
import { cdkCli } from '../common/cdk.ts';
import { checkImage, freeFailedStack } from './before-deploy.ts';
import { printError } from '../common/terminal.ts';

/** As in bin/app.ts. */
const DEFAULT_STAGE = 'dev';

/** Replaces `--stage NAME` by the CDK's `-c stage=NAME`. @throws RangeError for an unknown stage */
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

/** @returns the stage in arguments of the CDK */
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
    printError(error.message);
    return 1;
  }
  if (cdk[0] === 'deploy' && !cdk.some((arg) => /^(-h|--help)$/.test(arg))) {
    const stage = stageOf(cdk);
    const findings = [await checkImage(stage), await freeFailedStack(stage)].filter(
      (one) => one !== undefined,
    );
    for (const { text } of findings) printError(text);
    if (findings.some(({ stops }) => stops)) return 1;
  }
  const child = spawn(process.execPath, [cdkCli(), ...cdk], { stdio: 'inherit' });
  // The terminal sends SIGINT to the child process as well; SIGTERM must be forwarded.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
