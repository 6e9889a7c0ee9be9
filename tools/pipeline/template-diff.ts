/** What the CDK's CLI says of two templates, in parts that a reviewer reads in their own order. */
import { cdkCli } from '../../common/cdk.ts';
import { UserError } from '../../common/errors.ts';
import { node } from './checkout.ts';

export interface TemplateDiff {
  /** Permissions and network: a line for each row of the CLI's tables, which are as wide as their longest cell. */
  security: string;
  /** Resources that go, or that another one takes the place of: with what they hold. */
  gone: string[];
  /** Everything else. */
  rest: string;
  /** Resources: added, changed, removed. */
  counts: { added: number; changed: number; removed: number };
}

const SECURITY = /^(IAM|SSO|Security Group)\b.*(Changes|Sets|Assignments)$/;
/** Headings of the other parts: a word or two at the start of a line, alone. */
const HEADING = /^[A-Z][A-Za-z]+( [A-Z][a-z]+)*$/;
const RESOURCE = /^\[([+~-])\] (AWS|Custom|Alexa)::/;
const GONE = / (destroy|replace|may be replaced)$/;
/** What the CLI says of itself and not of the templates. */
const CHATTER =
  /^(Stack .+|There were no differences|\s*✨.*|\(NOTE: There may be security-related.*|Hold on while.*)$/;

/** @param text all that `cdk diff` printed */
export function parseDiff(text: string): TemplateDiff {
  const security: string[] = [];
  const rest: string[] = [];
  let part = rest;
  for (const line of text.split('\n').map((one) => one.trimEnd())) {
    if (CHATTER.test(line)) continue;
    if (SECURITY.test(line)) part = security;
    else if (HEADING.test(line)) part = rest;
    part.push(line);
  }
  const resources = rest.filter((line) => RESOURCE.test(line));
  const count = (sign: string) => resources.filter((line) => line.startsWith(`[${sign}]`)).length;
  return {
    security: tidy(rowsOf(security)),
    gone: resources.filter((line) => GONE.test(line)),
    rest: tidy(rest),
    counts: { added: count('+'), changed: count('~'), removed: count('-') },
  };
}

/** The rows of tables that are drawn: `+ Allow | …`; lines beside tables stay. */
function rowsOf(lines: string[]): string[] {
  const rows: string[][] = [];
  for (const line of lines) {
    const cells = /^│(.*)│$/
      .exec(line)?.[1]
      ?.split('│')
      .map((cell) => cell.trim());
    const open = rows.at(-1);
    if (cells === undefined) rows.push(/^[┌├└]/.test(line) ? [] : [line]);
    // A row goes on until the next one has its sign; the first is the table's head.
    else if (cells[0] === '' && open && open.length > 1) cells.forEach((cell, i) => (open[i] += ` ${cell}`));
    else rows.push(cells);
  }
  return rows.filter((row) => row.length > 0).map((row) => joined(row.map((cell) => cell.trim())));
}

function joined([sign = '', ...cells]: string[]): string {
  if (cells.length === 0) return sign;
  const text = cells.filter((cell) => cell !== '').join(' | ');
  return sign === '' ? `@@ ${text} @@` : `${sign} ${text}`;
}

const tidy = (lines: string[]) =>
  lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

/**
 * @param assembly the stage as it will be
 * @param template its template as it was
 */
export async function diffTemplates(assembly: string, template: string): Promise<TemplateDiff> {
  const args = ['diff', '--app', assembly, '--template', template, '--no-color', '--no-notices'];
  const { code, stdout, stderr } = await node(process.cwd(), [cdkCli(), ...args]);
  if (code !== 0) throw new UserError(`cdk diff failed with ${code}:\n${`${stdout}${stderr}`.trim()}`);
  // The CLI writes it to either, depending on whether it thinks that it runs in a pipeline.
  return parseDiff(`${stdout}\n${stderr}`);
}
