/** A checkout of this repository, asked by its own commands: what it would deploy, and what that would cost. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../common/errors.ts';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** So that a template differs where the stack does, and not where it was made. */
const PLAIN = ['--quiet', '--no-asset-metadata', '--no-version-reporting', '--no-notices'];

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The environment without anybody's AWS: what a change means must not depend on who looks, nor reach an account. */
function withoutAws(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS|CDK)_/i.test(name));
  return {
    ...Object.fromEntries(own),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    NO_COLOR: '1',
  };
}

/** Runs a script of Node's to its end; never rejects. */
export function node(cwd: string, args: string[]): Promise<Ran> {
  const options = { cwd, env: withoutAws(), maxBuffer: MAX_OUTPUT_BYTES };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}

export class Checkout {
  /** Within the checkout: functions' maps have paths from here to their sources, and count as part of them. */
  private readonly output: string;

  /**
   * @param name for people
   * @throws UserError when it is no checkout of this repository
   */
  constructor(
    readonly name: string,
    private readonly directory: string,
  ) {
    if (!existsSync(join(directory, 'bin', 'stages.ts')))
      throw new UserError(`'${directory}' is no checkout of this repository: it has no bin/stages.ts.`);
    this.output = join(directory, '.local', 'review');
    rmSync(this.output, { recursive: true, force: true });
    mkdirSync(this.output, { recursive: true });
  }

  async stages(): Promise<string[]> {
    const file = pathToFileURL(join(this.directory, 'bin', 'stages.ts')).href;
    return Object.keys(((await import(file)) as { stages: object }).stages);
  }

  /** Where the assembly of a stage is, once it was synthesised. */
  assembly = (stage: string): string => join(this.output, stage);

  /** Synthesises a stage. @returns its template's file. @throws UserError with the CDK's own words */
  async template(stage: string): Promise<string> {
    const assembly = this.assembly(stage);
    const synth = ['tools/run.mjs', 'cdk', 'synth', '--stage', stage, '--output', assembly, ...PLAIN];
    const { code, stdout, stderr } = await node(this.directory, synth);
    if (code !== 0)
      throw new UserError(
        `${this.name}: stage '${stage}' cannot be synthesised:\n${`${stdout}${stderr}`.trim()}`,
      );
    const [template, ...others] = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
    if (template === undefined || others.length > 0)
      throw new Error(`${assembly} has ${others.length + (template ? 1 : 0)} templates, not one`);
    return join(assembly, template);
  }

  /** What a stage costs, as the command says it; or in words, why that is not known. */
  async cost(stage: string): Promise<{ costs: unknown } | { unknown: string }> {
    const { code, stdout, stderr } = await node(this.directory, [
      'cli/main.mjs',
      'cost',
      '--stage',
      stage,
      '--json',
    ]);
    const said = stderr.trim().split('\n').at(-1) ?? '';
    if (code !== 0) return { unknown: `${this.name}: cost ended with ${code} (${said})` };
    try {
      return { costs: JSON.parse(stdout) };
    } catch {
      return { unknown: `${this.name}: cost --json did not answer with JSON` };
    }
  }
}
