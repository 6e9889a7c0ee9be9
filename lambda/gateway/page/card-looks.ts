/** The look of a photo on its card: what was chosen, and a slider for the strength of its colours. */
import type { PhotoOption } from '../../../contract/photo-option.ts';
import { inLanguage } from './language.ts';
import { alternatives, lookText, numberInput, strengthOf } from './looks.ts';
import { element } from './dom.ts';
import type { PhotoTask } from './photo-task.ts';

export interface LookPorts {
  /** Of the photo's workflow. */
  optionsOf: (task: PhotoTask) => readonly PhotoOption[];
  /** Shows the colours of a finished photo in another strength, and, where it is final, puts them into its result. */
  recolour: (task: PhotoTask, strength: number, isFinal: boolean) => void;
}

/** Only an original that stays on the device: of others the service has the colours. */
export const canCompareLooks = (task: PhotoTask, { optionsOf }: LookPorts): boolean =>
  task.step === 'succeeded' &&
  task.chroma !== undefined &&
  alternatives(optionsOf(task), task.options).length > 1;

/** What was chosen, of a photo whose choices are not the default. */
export function chosenText(task: PhotoTask, { optionsOf }: LookPorts): string[] {
  const [chosen, options] = [task.options, optionsOf(task)];
  return options.some(({ name, kind }) => kind === 'choice' && chosen[name] !== undefined)
    ? [lookText(options, chosen)]
    : [];
}

export class StrengthSlider {
  readonly root = element('div', { class: 'strength' });
  private rendered = '';

  constructor(
    private readonly task: PhotoTask,
    private readonly ports: LookPorts,
  ) {}

  update(): void {
    const { task, ports } = this;
    const option = strengthOf(ports.optionsOf(task));
    this.root.hidden = !option || task.step !== 'succeeded' || task.chroma === undefined;
    if (!option || this.root.hidden) return;
    const label = inLanguage(option.label);
    if (this.rendered === label) return;
    this.rendered = label;
    const value = Number(task.options[option.name] ?? option.default);
    const { input, field } = numberInput(option, value, label);
    input.setAttribute('aria-label', `${label}: ${task.name}`);
    input.addEventListener('input', () => ports.recolour(task, Number(input.value), false));
    input.addEventListener('change', () => ports.recolour(task, Number(input.value), true));
    this.root.replaceChildren(field);
  }
}
