/** Reads a photo's choices from its metadata, within what its workflow allows. */
import {
  COLOURED_PHOTOS,
  COLOURED_PHOTOS_METADATA,
  OUTPUT_METADATA,
  OUTPUTS,
  type ColouredPhotos,
  type Output,
} from '../../contract/photo-types.ts';
import {
  allowedValue,
  FULL_STRENGTH,
  isMerged,
  optionProblem,
  type OptionValue,
  type Options,
  type PhotoOption,
} from '../../contract/photo-option.ts';
import { scaleOf, workflowNamed, workflowNames, type StageWorkflows } from '../../contract/photo-workflow.ts';
import { WORKFLOW_METADATA, workflowRefusal } from '../../contract/workflow-names.ts';
import { chromaSize, type Workflow } from '../../contract/workflow.ts';
import { photoOptions } from '../../contract/workflow-option.ts';
import { PermanentFault } from './faults.ts';

export type { Options };

/** What a photo chooses for the steps around ComfyUI. */
export interface Look {
  /**
   * Percent of the colours that are merged with its lightness.
   *
   * @default 100
   */
  strength?: number;
  /**
   * Side in pixels of the square at which colours are computed.
   *
   * @default the workflow's
   */
  size?: number;
  /** Name of the workflow. @default the stage's own */
  workflow?: string;
  /** Width and height of the result, relative to the photo's, where a later step gives them. @default the workflow's */
  scale?: number;
}

/** What a photo chooses for one workflow. */
export interface StepChoice {
  /** Inputs of the graph. */
  options: Options;
  /** @default - the workflow's own */
  look?: Look;
}

export interface Choice extends StepChoice {
  output: Output;
  /** @default 'recolour' */
  colouredPhotos?: ColouredPhotos;
  /** Name of its workflow or chain. @default - the stage has one workflow */
  workflow?: string;
  /** Of a chain, its further steps. @default none */
  next?: readonly StepChoice[];
}

/**
 * What a photo of the stage chooses, its workflow included.
 *
 * @param metadata of the photo's object
 * @throws PermanentFault for a value that is not allowed, naming those that are
 */
export function photoChoice(stage: StageWorkflows, metadata: Record<string, string>): Choice {
  const named = metadata[WORKFLOW_METADATA];
  const chosen = workflowNamed(stage, named);
  if (!chosen) throw new PermanentFault('bad-option', workflowRefusal(named ?? '', workflowNames(stage)));
  if (!stage.otherWorkflows) return choiceOf(stage.workflow, metadata);
  const { name, steps } = chosen;
  const scale = scaleOf(chosen);
  const isOneStep = steps.length === 1;
  const [first, ...next] = steps.map((workflow) => {
    // Chroma is of one workflow: a step after it needs the picture.
    const { look, ...choice } = choiceOf(
      isOneStep ? workflow : { ...workflow, givesChroma: false },
      metadata,
    );
    return { ...choice, look: { ...look, workflow: workflow.name, ...(isOneStep ? {} : { scale }) } };
  });
  return {
    ...first!,
    workflow: name,
    ...(next.length > 0 && { next: next.map(({ options, look }) => ({ options, look })) }),
  };
}

interface Chosen extends Workflow {
  /** Whether its chroma may be the result. @default true */
  givesChroma?: boolean;
}

/**
 * @param metadata of the photo's object
 * @throws PermanentFault for a value that is not allowed, naming those that are
 */
export function choiceOf(workflow: Chosen, metadata: Record<string, string>): Choice {
  const output = outputOf(workflow, metadata);
  const chosen = chosenOf(workflow, output, metadata);
  const options = Object.fromEntries(
    chosen.flatMap(({ option, value }) => (isMerged(option) ? [] : [[option.name, value]])),
  );
  const size = sizeOf(workflow, options);
  const strength = strengthOf(workflow, output, chosen);
  const look = { ...(strength !== FULL_STRENGTH && { strength }), ...(size !== undefined && { size }) };
  return {
    output,
    ...colouredPhotosOf(metadata),
    options,
    ...(Object.keys(look).length > 0 && { look }),
  };
}

function colouredPhotosOf(metadata: Record<string, string>): Pick<Choice, 'colouredPhotos'> {
  const text = metadata[COLOURED_PHOTOS_METADATA];
  if (text === undefined) return {};
  const colouredPhotos = COLOURED_PHOTOS.find((one) => one === text);
  if (!colouredPhotos) throw badOption(COLOURED_PHOTOS_METADATA, text, COLOURED_PHOTOS.join(', '));
  return { colouredPhotos };
}

function outputOf({ chroma, givesChroma = true }: Chosen, metadata: Record<string, string>): Output {
  const text = metadata[OUTPUT_METADATA] ?? 'photo';
  const output = OUTPUTS.find((one) => one === text);
  if (!output) throw badOption(OUTPUT_METADATA, text, OUTPUTS.join(', '));
  // The schema allows `chroma` only for a workflow whose pictures keep their size.
  if (output === 'chroma' && !(chroma && givesChroma)) {
    throw new PermanentFault(
      'bad-option',
      `The option '${OUTPUT_METADATA}' is '${output}', but this workflow gives no chroma; allowed is photo.`,
    );
  }
  return output;
}

/**
 * @param metadata of the photo's object; names that are no option of the workflow are ignored
 * @returns inputs of the graph. Photos with the same ones may share a prompt
 * @throws PermanentFault for a value that is not allowed, naming those that are
 */
export const optionsOf = (workflow: Workflow, metadata: Record<string, string>): Options =>
  choiceOf(workflow, metadata).options;

interface ChosenOption {
  option: PhotoOption;
  value: OptionValue;
}

function chosenOf(workflow: Workflow, output: Output, metadata: Record<string, string>): ChosenOption[] {
  const options = photoOptions(workflow);
  const given = options.filter(({ name }) => metadata[name] !== undefined);
  const values = Object.fromEntries(given.map(({ name }) => [name, metadata[name]!]));
  const problem = optionProblem(options, values, output);
  if (problem !== undefined) throw new PermanentFault('bad-option', problem);
  return given.flatMap((option) => {
    const value = allowedValue(option, values[option.name]!)!;
    // A photo that names the default shares prompts with those that name nothing.
    return isUsual(workflow, option, value) ? [] : [{ option, value }];
  });
}

/** Whether a choice by name is what the graph has anyway. */
function isUsual({ options }: Workflow, { name, default: usual }: PhotoOption, value: OptionValue): boolean {
  const option = options[name];
  return option !== undefined && !('node' in option) && !('merge' in option) && value === usual;
}

/** The side that the options choose; undefined for the workflow's own. */
function sizeOf(workflow: Workflow, options: Options): number | undefined {
  const size = chromaSize(workflow, options);
  return size === (workflow.chroma?.size ?? 0) ? undefined : size;
}

/** The chosen strength, or the workflow's own. Of a chroma, all of it. */
function strengthOf(workflow: Workflow, output: Output, chosen: readonly ChosenOption[]): number {
  if (output === 'chroma') return FULL_STRENGTH;
  const named = chosen.find(({ option }) => isMerged(option));
  return Number(named?.value ?? photoOptions(workflow).find(isMerged)?.default ?? FULL_STRENGTH);
}

function badOption(name: string, text: string, allowed: string): PermanentFault {
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return new PermanentFault('bad-option', `The option '${name}' is '${shown}'; allowed is ${allowed}.`);
}
