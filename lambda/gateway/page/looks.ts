/** The controls of a workflow's options, built from what the service says of them, and what is chosen; kept for the tab. */
import {
  allowedValue,
  isMerged,
  type ChoiceOption,
  type NumberOption,
  type Options,
  type PhotoOption,
} from '../../../contract/photo-option.ts';
import { byId, element } from './dom.ts';
import { inLanguage } from './language.ts';

const KEY = 'options';

export class Looks {
  private values: Options;

  /**
   * @param options of the stage's workflow
   * @param onChange called after each change
   */
  constructor(
    private readonly options: readonly PhotoOption[],
    private readonly onChange: () => void,
  ) {
    const stored = readStored();
    this.values = Object.fromEntries(
      options.map((option) => [
        option.name,
        allowedValue(option, stored[option.name] ?? '') ?? option.default,
      ]),
    );
  }

  /** Values that are not the default. */
  get chosen(): Options {
    return Object.fromEntries(
      this.options.flatMap(({ name, default: usual }) =>
        this.values[name] === usual ? [] : [[name, this.values[name]!]],
      ),
    );
  }

  /** Builds the controls, in the current language. */
  show(): void {
    byId('looks').replaceChildren(
      ...this.options.map((option) => (option.kind === 'choice' ? this.choice(option) : this.number(option))),
    );
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

  private choice({ name, label, description, choices }: ChoiceOption): HTMLElement {
    const inputs = choices.map((one) => {
      const checked = one.value === this.values[name];
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
    const { input, field } = numberInput(option, Number(this.values[name]), inLanguage(label));
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
