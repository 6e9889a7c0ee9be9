/** The controls of a workflow's options, built from what the service says of them, and what is chosen; kept for the tab. */
import {
  allowedValue,
  isMerged,
  type ChoiceOption,
  type NumberOption,
  type Options,
  type OptionValue,
  type PhotoOption,
} from '../../../contract/photo-option.ts';
import { offerOf, type Offer, type OfferedWorkflow } from '../../../contract/offered-workflow.ts';
import { WORKFLOW_METADATA } from '../../../contract/workflow-names.ts';
import { byId, element } from './dom.ts';
import { inLanguage, texts } from './language.ts';

const KEY = 'options';

export class Looks {
  /** By the option's name, and the workflow's under its own, which no option has. */
  private readonly values: Options = readStored();

  /**
   * @param offer of the stage
   * @param onChange called after each change
   */
  constructor(
    private readonly offer: Offer,
    private readonly onChange: () => void,
  ) {}

  /** Name of the chosen workflow. @default - the stage's own */
  get workflow(): string | undefined {
    const { workflows: [own, ...others] = [] } = this.offer;
    const chosen = this.values[WORKFLOW_METADATA];
    return own && others.find(({ name }) => name === chosen)?.name;
  }

  /** What photos may have with that. */
  get current(): Omit<Offer, 'workflows'> {
    return offerOf(this.offer, this.workflow) ?? this.offer;
  }

  get isEmpty(): boolean {
    return this.options.length === 0 && this.offer.workflows === undefined;
  }

  private get options(): readonly PhotoOption[] {
    return this.current.options ?? [];
  }

  private valueOf(option: PhotoOption): OptionValue {
    return allowedValue(option, this.values[option.name] ?? '') ?? option.default;
  }

  /** Values that are not the default. */
  get chosen(): Options {
    return Object.fromEntries(
      this.options.flatMap((option) => {
        const value = this.valueOf(option);
        return value === option.default ? [] : [[option.name, value]];
      }),
    );
  }

  /** Builds the controls, in the current language. */
  show(): void {
    const { workflows } = this.offer;
    byId('looks').replaceChildren(
      ...(workflows ? [this.workflowChoice(workflows)] : []),
      ...this.options.map((option) => (option.kind === 'choice' ? this.choice(option) : this.number(option))),
    );
  }

  private workflowChoice(workflows: readonly OfferedWorkflow[]): HTMLElement {
    const chosen = this.workflow ?? workflows[0]?.name;
    const choices = workflows.map(({ name, label }) =>
      element('option', { value: name, selected: name === chosen }, inLanguage(label)),
    );
    const input = element('select', { id: 'workflow' }, ...choices);
    input.addEventListener('change', () => {
      this.set(WORKFLOW_METADATA, input.value);
      this.show();
      byId('workflow').focus();
    });
    return element('label', { class: 'workflow' }, element('span', {}, texts().workflow), input);
  }

  private set(name: string, value: string | number): void {
    this.values[name] = value;
    this.onChange();
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.values));
    } catch {
      // Storage can be disabled; the choice is then lost with the page.
    }
  }

  private choice(option: ChoiceOption): HTMLElement {
    const { name, label, description, choices } = option;
    const chosen = this.valueOf(option);
    const inputs = choices.map((one) => {
      const checked = one.value === chosen;
      const input = element('input', { type: 'radio', class: 'sr', name, value: one.value, checked });
      input.addEventListener('change', () => this.set(name, one.value));
      const title = one.description && inLanguage(one.description);
      return element('label', { title }, input, element('span', {}, inLanguage(one.label)));
    });
    return element(
      'fieldset',
      { title: description && inLanguage(description) },
      element('legend', {}, inLanguage(label)),
      element('div', { class: 'choices' }, ...inputs),
    );
  }

  private number(option: NumberOption): HTMLElement {
    const { name, label, description } = option;
    const { input, field } = numberInput(option, Number(this.valueOf(option)), inLanguage(label));
    input.addEventListener('input', () => this.set(name, Number(input.value)));
    field.title = description ? inLanguage(description) : '';
    return field;
  }
}

/** A slider with its value beside it. @param text of its label */
export function numberInput({ min, max, whole, merge }: NumberOption, value: number, text: string) {
  const step = whole ? 1 : 'any';
  const input = element('input', { type: 'range', min, max, step, value });
  const output = element('output');
  const show = () => (output.textContent = `${input.value}${merge ? ' %' : ''}`);
  input.addEventListener('input', show);
  show();
  const field = element('label', { class: 'amount' }, element('span', {}, text), input, output);
  return { input, output, field };
}

/** The option that the merge applies, if the workflow has one. */
export const strengthOf = (options: readonly PhotoOption[]): NumberOption | undefined =>
  options.find((option): option is NumberOption => isMerged(option));

/** Inputs of the graph alone: what another colouring is needed for. */
export const graphOptions = (options: readonly PhotoOption[], values: Options): Options =>
  Object.fromEntries(
    options.flatMap((option) =>
      !isMerged(option) && values[option.name] !== undefined ? [[option.name, values[option.name]!]] : [],
    ),
  );

/** Labels of the choices that a photo has, the default ones too. */
export const lookText = (options: readonly PhotoOption[], values: Options): string =>
  options
    .flatMap((option) => {
      if (option.kind !== 'choice') return [];
      const chosen = values[option.name] ?? option.default;
      const found = option.choices.find(({ value }) => value === chosen);
      return found ? [inLanguage(found.label)] : [];
    })
    .join(' · ');

/** The choices of a photo's first option with several, each with all else as it is. */
export function alternatives(options: readonly PhotoOption[], values: Options): Options[] {
  const option = options.find((one): one is ChoiceOption => one.kind === 'choice' && one.choices.length > 1);
  if (!option) return [];
  const { [option.name]: _, ...others } = values;
  return option.choices.map(({ value }) =>
    value === option.default ? others : { ...others, [option.name]: value },
  );
}

/** Whether two photos have the same inputs of the graph. */
export const isSameLook = (options: readonly PhotoOption[], one: Options, other: Options): boolean => {
  const [a, b] = [graphOptions(options, one), graphOptions(options, other)];
  return options.every(({ name, default: usual }) => (a[name] ?? usual) === (b[name] ?? usual));
};

function readStored(): Options {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    return typeof stored === 'object' && stored !== null ? (stored as Options) : {};
  } catch {
    return {};
  }
}
