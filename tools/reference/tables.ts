/** The tables of the pages, made from the declarations of settings and props, and from what photos cost. */
import type { Field, Fields } from '../../contract/field.ts';
import { SLO_FIELDS, THRESHOLD_FIELDS } from '../../contract/policy.ts';
import { STAGE_FIELDS, STAGE_SUBJECTS } from '../../lib/stage/stage.ts';
import { declarationsOf, type Declared } from './declarations.ts';
import { PHOTO_TABLES } from './photo-tables.ts';

type Declarations = (type: string) => Declared[];

/** Types with tables, by their files. */
const SOURCES = [
  'lib/backlog-scaler.ts',
  'lib/colouring-stack.ts',
  'lib/gpu-fleet-props.ts',
  'lib/job-queue.ts',
  'lib/monitoring.ts',
  'lib/photo-probe.ts',
  'lib/photo-store.ts',
  'lib/stage/stage.ts',
  'contract/policy.ts',
];

/**
 * Puts each table into its place: between a line `<!-- table: NAME -->` and the next `<!-- end -->`.
 *
 * @param page a path such as `docs/configure.md`, for errors
 * @throws Error for an unknown table, or for a declaration whose `@default` differs from its default
 */
export function withTables(root: string, page: string, text: string): string {
  const of = declarationsOf(root, SOURCES);
  return text.replace(
    /(<!-- table: (\w+) -->\n)[^]*?(<!-- end -->)/g,
    (_all, start: string, name: string, end: string) => {
      const table = tableOf(name, of);
      if (table === undefined) throw new Error(`${page}: there is no table '${name}'`);
      return `${start}\n${table}\n\n${end}`;
    },
  );
}

function tableOf(name: string, of: Declarations): string | undefined {
  if (name === 'stage') {
    const declared = of('StageConfig');
    return Object.entries(STAGE_SUBJECTS)
      .map(([subject, fields]) => `### ${subject}\n\n${settingsTable(fields, declared)}`)
      .join('\n\n');
  }
  if (name === 'slo') return settingsTable(SLO_FIELDS, of('SloSettings'));
  if (name === 'threshold') return settingsTable(THRESHOLD_FIELDS, of('ThresholdSettings'));
  if (name in PHOTO_TABLES) return PHOTO_TABLES[name]!();
  return /Props$/.test(name) ? propsTable(of(name)) : undefined;
}

const row = (...cells: string[]) =>
  `| ${cells.map((cell) => linked(cell).replaceAll('|', '\\|')).join(' | ')} |`;

function settingsTable(fields: Fields, declared: Declared[]): string {
  const rows = Object.entries(fields).map(([name, field]) => {
    const one = declared.find((other) => other.name === name);
    if (!one) throw new Error(`setting '${name}': its type has no such property`);
    const wrong = wrongDefault(one, field);
    if (wrong) throw new Error(wrong);
    return row(`\`${name}\``, defaultText(one.stated), field.allowed, described(one));
  });
  return ['| setting | default | allowed | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** @returns what is wrong with a `@default`: it is missing, or states another value than the declared one */
export function wrongDefault({ name, stated }: Declared, field: Field<unknown>): string | undefined {
  const real = String(field.default);
  const [value] = stated.split(' ');
  if (value === '-' || value === real || (value === '' && field.default === undefined)) return undefined;
  return `setting '${name}': its JSDoc says '@default ${stated}', its default is ${real}`;
}

function described({ name, description }: Declared): string {
  if (description === '') throw new Error(`'${name}' has no JSDoc at its declaration`);
  return description;
}

const settings = Object.keys(STAGE_FIELDS);

/** Props that are no settings of a stage first, then in the order of a stage. */
function propsTable(props: Declared[]): string {
  const place = ({ name }: Declared) => settings.indexOf(name);
  const rows = props
    .toSorted((one, other) => place(one) - place(other))
    .map((prop) =>
      row(`\`${prop.name}\``, prop.optional ? defaultText(prop.stated) : 'required', described(prop)),
    );
  return ['| prop | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

/** `20 - why` as `20`: why; `- text` as the text. */
function defaultText(stated: string): string {
  const [, value, why] = /^(?!- )(\S+?),?(?: (?:- )?(.+))?$/.exec(stated) ?? [];
  if (value === undefined) return stated.replace(/^- /, '');
  return why === undefined ? `\`${value}\`` : `\`${value}\`: ${why}`;
}

/** Pages that a text names, as links from another page. */
const linked = (text: string) => text.replace(/(?<!`)docs\/([\w-]+\.md)(#[\w-]+)?/g, '[$1]($1$2)');
