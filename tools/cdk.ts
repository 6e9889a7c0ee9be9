/** `npm run synth | diff | deploy | destroy`: runs the CDK's CLI after checking the stage's name and image. */
import { spawn } from 'node:child_process';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { stages } from '../bin/stages.ts';
import { cdkCli } from '../common/cdk.ts';
import { amiParameterName } from '../contract/names.ts';

/** As in bin/app.ts. */
const DEFAULT_STAGE = 'dev';
const ANSWER_WITHIN_MS = 10_000;

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

/**
 * Checks whether a stage has an image: a deploy without one succeeds, but its instances never start.
 *
 * @returns the error message; undefined for a stage with an image, or when the parameter cannot be read
 */
export async function missingImage(
  stage: string,
  ssm: SSMClient = new SSMClient(),
): Promise<string | undefined> {
  const Name = amiParameterName(stage);
  try {
    await ssm.send(new GetParameterCommand({ Name }), { abortSignal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch (error) {
    if (error instanceof ParameterNotFound)
      return `stage '${stage}' has no image (parameter ${Name}): 'npx ddcolor-elastic image bake --stage ${stage}' creates the first one.`;
  }
  return undefined;
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
  // The terminal sends SIGINT to the child process as well; SIGTERM must be forwarded.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
