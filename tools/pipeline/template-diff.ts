/** Runs `cdk diff` on two templates and splits its output into parts for the review. */
import { cdkCli } from '../../common/cdk.ts';
import { UserError } from '../../common/errors.ts';
import { node } from './checkout.ts';

export interface TemplateDiff {
  /** Permissions and network: one line for each row of the CLI's tables. */
  security: string;
  /** Removed and replaced resources, a line each. */
  gone: string[];
  /** Everything else. */
  rest: string;
  /** Number of resources. */
  counts: { added: number; changed: number; removed: number };
}

const SECURITY = /^(IAM|SSO|Security Group)\b.*(Changes|Sets|Assignments)$/;
/** Headings of the other parts: some words alone on a line. */
const HEADING = /^[A-Z][A-Za-z]+( [A-Z][a-z]+)*$/;
const RESOURCE = /^\[([+~-])\] (AWS|Custom|Alexa)::/;
const GONE = / (destroy|replace|may be replaced)$/;
/** Lines of the CLI that are not about the templates. */
const STATUS_LINES =
  /^(Stack .+|There were no differences|\s*✨.*|\(NOTE: There may be security-related.*|Hold on while.*)$/;

/** @param text output of `cdk diff` */
export function parseDiff(text: string): TemplateDiff {
  const security: string[] = [];
  const rest: string[] = [];
  let part = rest;
  for (const line of text.split('\n').map((one) => one.trimEnd())) {
    if (STATUS_LINES.test(line)) continue;
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

/** Formats table rows as `+ Allow | …`; other lines stay. */
function rowsOf(lines: string[]): string[] {
  const rows: string[][] = [];
  for (const line of lines) {
    const cells = /^│(.*)│$/
      .exec(line)?.[1]
      ?.split('│')
      .map((cell) => cell.trim());
    const open = rows.at(-1);
    if (cells === undefined) rows.push(/^[┌├└]/.test(line) ? [] : [line]);
    // A line without a sign in the first cell continues the row above; the first row is the head.
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
 * @param assembly folder of the new assembly
 * @param template path of the old template
 */
export async function diffTemplates(assembly: string, template: string): Promise<TemplateDiff> {
  const args = ['diff', '--app', assembly, '--template', template, '--no-color', '--no-notices'];
  const { code, stdout, stderr } = await node(process.cwd(), [cdkCli(), ...args]);
  if (code !== 0) throw new UserError(`cdk diff failed with ${code}:\n${`${stdout}${stderr}`.trim()}`);
  // Which stream the CLI writes to depends on whether it detects a CI system.
  return parseDiff(`${stdout}\n${stderr}`);
}
