/** The workflows that API, page and command offer, of a stage that has several. Plain values, also for browsers. */
import { optionProblem, type OptionText, type PhotoOption } from './photo-option.ts';
import type { Output } from './photo-types.ts';
import { isChain, stepNames, workflowRefusal } from './workflow-names.ts';

export interface OfferedWorkflow {
  name: string;
  label: OptionText;
  /** Side in pixels of a chroma; 0 where it has no chroma output. */
  chromaSize: number;
  options: readonly PhotoOption[];
}

/** What the gateway's function is given beside the options of the stage's own workflow. */
export interface WorkflowWords {
  /** The stage's own. */
  own: Pick<OfferedWorkflow, 'name' | 'label'>;
  /** The others, also those that are only a step. */
  graphs: OfferedWorkflow[];
  /** What a photo may name beside the own one: workflows and chains. */
  names: string[];
}

/** @returns the stage's own first */
export function offeredWorkflows(
  { own, graphs, names }: WorkflowWords,
  ofOwn: Pick<OfferedWorkflow, 'chromaSize' | 'options'>,
): OfferedWorkflow[] {
  const first = { ...own, ...ofOwn };
  const all = [first, ...graphs];
  const offered = names.map((name): OfferedWorkflow => {
    const steps = stepNames(name).flatMap((step) => all.find((one) => one.name === step) ?? []);
    if (!isChain(name)) return steps[0]!;
    const inBoth = (language: keyof OptionText) => steps.map(({ label }) => label[language]).join(' + ');
    return {
      name,
      label: { en: inBoth('en'), 'zh-CN': inBoth('zh-CN') },
      // Its colours alone would lack what the later steps make.
      chromaSize: 0,
      options: steps.flatMap(({ options }) => options),
    };
  });
  return [first, ...offered];
}

/** What a stage's photos may have: of one workflow, or of the one that they name. */
export interface Offer {
  chromaSize: number;
  /** @default none */
  options?: readonly PhotoOption[] | undefined;
  /** @default - the stage has one workflow */
  workflows?: readonly OfferedWorkflow[] | undefined;
}

/** @param name @default the stage's own @returns undefined for a workflow that the stage does not have */
export const offerOf = (offer: Offer, name: string | undefined): Omit<Offer, 'workflows'> | undefined =>
  name === undefined ? offer : offer.workflows?.find((one) => one.name === name);

/** Why a photo cannot have this workflow, and undefined when it can: the value, and what is allowed. */
export function workflowProblem({ workflows }: Offer, name: string | undefined): string | undefined {
  if (name === undefined || workflows?.some((one) => one.name === name)) return undefined;
  if (workflows)
    return workflowRefusal(
      name,
      workflows.map((one) => one.name),
    );
  return `${workflowRefusal(name, ['none'])} This stage has one workflow, and its photos name none.`;
}

/** Why a photo cannot have these options with its workflow; undefined when it can. */
export const offerProblem = (
  offer: Offer,
  workflow: string | undefined,
  values: Parameters<typeof optionProblem>[1],
  output: Output,
): string | undefined =>
  workflowProblem(offer, workflow) ?? optionProblem(offerOf(offer, workflow)?.options ?? [], values, output);
