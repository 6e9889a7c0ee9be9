/** The lines of `workflow add` and `workflow check`. */
import type { Workflow } from '../../contract/workflow.ts';
import { isNamed, settable, type Option } from '../../contract/workflow-option.ts';
import type { Lack } from './graph/lacks.ts';
import type { Size } from './graph/size.ts';

export type Label = (node: string) => string;

const MANY = 6;

/** Names a node: id, class, and the user's title. */
export const labels =
  (graph: Workflow['graph'], titles: ReadonlyMap<string, string>): Label =>
  (node) => {
    const title = titles.get(node);
    const of = graph[node]?.class_type ?? 'absent';
    return `node ${node} (${of}${title === undefined || title === of ? '' : `, "${title}"`})`;
  };

const list = (items: string[]): string =>
  items.length > MANY
    ? `${items.slice(0, MANY).join(', ')} and ${items.length - MANY} more`
    : items.join(', ');

export function workflowLines({ input, output, options }: Workflow, size: Size, label: Label): string[] {
  const { scale, coloured } = output;
  const times = scale === 1 ? "the photo's size" : `${scale} times as wide and high`;
  const by =
    size.kind === 'scaled' && scale !== 1 && size.by.length > 0 ? `, by ${list(size.by.map(label))}` : '';
  return [
    `  photo    ${label(input.node)}, input '${input.field}', in ${input.colour === 'grey' ? 'grey' : 'colour'}`,
    `  result   ${label(output.node)}, ${times}${by}${coloured ? '; a result without colour is a failure' : ''}`,
    ...Object.entries(options).map(([name, option]) => `  option   ${name}: ${optionText(option, label)}`),
  ];
}

const namesOf = (option: Extract<Option, { choices: unknown }>): string[] =>
  isNamed(option) ? Object.keys(option.choices) : option.choices;

/** What an option sets, and its values. */
function optionText(option: Option, label: Label): string {
  if ('merge' in option) return `the merge, ${option.min} to ${option.max} %`;
  const places = new Set(settable(option).map(({ node, field }) => `${label(node)}, input '${field}'`));
  const values = 'choices' in option ? namesOf(option).join(' | ') : `${option.min} to ${option.max}`;
  return [...places, values].join(', ');
}

/** @param title of what lacks it */
export function lackLines(title: string, lacks: Lack[], label: Label): string[] {
  if (lacks.length === 0) return [`Checked against ${title}: it has every node and file of the graph.`];
  return [`Checked against ${title}, which lacks:`, ...lacks.map((lack) => `  ${lackLine(lack, label)}`)];
}

function lackLine(lack: Lack, label: Label): string {
  const nodes = list(lack.nodes.map(label));
  if (lack.kind === 'node') return `class ${lack.class} of node ${list(lack.nodes)}: ${lack.source}`;
  if (lack.kind === 'model') {
    const url = lack.url === undefined ? '' : `; the graph's file names ${lack.url}`;
    return `file models/${lack.folder ?? '…'}/${lack.file} of ${nodes}${url}`;
  }
  if (lack.kind === 'input')
    return `picture or other file '${lack.file}' of ${nodes}: its input folder only has photos`;
  return `'${String(lack.value)}' of ${nodes}, input '${lack.input}', which takes ${list(lack.choices.map(String))}`;
}

/** What is left to do. @param value of the stage setting. @param needsImage whether the image lacks something */
export function nextLines(value: string, needsImage: boolean): string[] {
  const steps = [
    ...(needsImage
      ? [
          'add what the image lacks to a step of ami/provision/ (docs/workflow.md#change-the-image)',
          'bake it and bring it into service: npx ddcolor-elastic image bake --stage dev, then image promote',
        ]
      : []),
    `name it in bin/stages.ts (workflow: '${value}'), or for one deploy: npm run deploy -- --stage dev -c workflow=${value}`,
  ];
  return ['Next:', ...steps.map((step, k) => `  ${k + 1}. ${step}`)];
}
