/** Lints CloudFormation templates by cfn-lint, which knows the schema of every resource type in every region. */
import { join } from 'node:path';
import { z } from 'zod';
import { compiledPython } from '../../common/environment.ts';
import { runToEnd } from '../../common/processes.ts';
import { ensurePackages } from '../../local/aws/venv.ts';

/** The first region of AWS, one of the European ones, and one of those with the longest name. */
export const REGIONS = ['us-east-1', 'eu-central-1', 'ap-southeast-1'];

/** Rules that do not apply. */
const IGNORED = [
  // The CDK orders resources where a reference does already.
  'W3005',
  // A stage may name its zones.
  'W3010',
];

const findingSchema = z.object({
  Filename: z.string(),
  Message: z.string(),
  Rule: z.object({ Id: z.string() }),
  Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullish() }),
});

/**
 * @param files templates, JSON or YAML
 * @returns a line for each error and warning, by file
 * @throws Error when cfn-lint itself fails
 */
export async function lintTemplates(
  files: string[],
  abort: AbortSignal,
  say: (line: string) => void = () => undefined,
): Promise<Map<string, string[]>> {
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const python = await ensurePackages({ requirements, folder: 'cfn-lint', name: 'cfn-lint' }, abort, say);
  const entry = ['-c', 'from cfnlint.runner.cli import main; main()'];
  const options = ['--format', 'json', '--ignore-checks', ...IGNORED, '--regions', ...REGIONS];
  const { output } = await runToEnd(python, [...entry, ...options, '--template', ...files], {
    abort,
    env: { ...process.env, ...compiledPython() },
  });
  let findings: z.infer<typeof findingSchema>[];
  try {
    findings = z.array(findingSchema).parse(JSON.parse(output));
  } catch (cause) {
    throw new Error(`cfn-lint did not run: ${output}`, { cause });
  }
  const lines = new Map<string, string[]>(files.map((file) => [file, []]));
  for (const { Filename, Message, Rule, Location } of findings)
    lines.get(Filename)?.push(`${Rule.Id} ${Location.Path?.join('/') ?? ''}: ${Message}`);
  return lines;
}
