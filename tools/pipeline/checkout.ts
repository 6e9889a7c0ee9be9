/** Runs the commands of another checkout: the templates of its stages and their cost. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../common/errors.ts';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Options for templates that differ only where the stack does. */
const PLAIN = ['--quiet', '--no-asset-metadata', '--no-version-reporting', '--no-notices'];

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The environment without AWS settings, so that the review depends on no account and reaches none. */
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

/** Runs a Node script; never rejects. */
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
  /** Inside of the checkout, since source maps contain relative paths to the sources and are part of the assets. */
  private readonly output: string;

  /**
   * @param name for messages
   * @throws UserError when the folder is not a checkout of this repository
   */
  constructor(
    readonly name: string,
    private readonly directory: string,
  ) {
    if (!existsSync(join(directory, 'bin', 'stages.ts')))
      throw new UserError(`'${directory}' is not a checkout of this repository: it has no bin/stages.ts.`);
    this.output = join(directory, '.local', 'review');
    rmSync(this.output, { recursive: true, force: true });
    mkdirSync(this.output, { recursive: true });
  }

  async stages(): Promise<string[]> {
    const file = pathToFileURL(join(this.directory, 'bin', 'stages.ts')).href;
    return Object.keys(((await import(file)) as { stages: object }).stages);
  }

  /** Folder of a stage's assembly. */
  assembly = (stage: string): string => join(this.output, stage);

  /** Synthesises a stage. @returns the path of its template. @throws UserError with the CDK's message */
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

  /** @returns the JSON of the `cost` command for a stage, or why it is unknown */
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
