/** Card of a photo: preview, name, state, progress and actions. */
import { canCompareLooks, chosenText, StrengthSlider, type LookPorts } from './card-looks.ts';
import { errorText } from './card-error.ts';
import { compareSlider } from './compare.ts';
import { element } from './dom.ts';
import { isOnline } from './connection.ts';
import { texts } from './language.ts';
import { canShare } from './share.ts';
import { isPending, progressOf, secondsLeft, secondsToDeadline, type PhotoTask } from './photo-task.ts';

export type CardAction =
  | 'download'
  | 'share'
  | 'enlarge'
  | 'compareLooks'
  | 'retry'
  | 'sendOriginal'
  | 'cancel'
  | 'erase'
  | 'remove';
export type CardActions = Record<CardAction, (task: PhotoTask) => void>;

/** The service may succeed with the original. */
const BROWSER_ONLY = new Set<PhotoTask['error']>([
  'unreadable-in-browser',
  'too-large-for-browser',
  'no-chroma',
]);
/** A retry cannot succeed. */
const PERMANENT = new Set<PhotoTask['error']>([
  'wrong-type',
  'file-too-large',
  'empty-file',
  'unreadable-image',
  'unsupported-format',
  'too-large',
  'bad-option',
  'cannot-be-coloured',
  'already-coloured',
  'unsupported-type',
]);

export const canRetry = ({ step, error }: PhotoTask): boolean =>
  step === 'failed' && !BROWSER_ONLY.has(error) && !PERMANENT.has(error);

/** The service may succeed where this browser cannot, if the user lets the original leave the device. */
export const canSendOriginal = ({ step, error }: PhotoTask): boolean =>
  step === 'failed' && BROWSER_ONLY.has(error);

export class Card {
  readonly root = element('li', { class: 'card' });
  private readonly picture = element('div', { class: 'picture' });
  // Names are of any script: each has its own direction, and the ellipsis at its own end.
  private readonly name = element('p', { class: 'name', dir: 'auto' });
  private readonly state = element('p', { class: 'state' });
  private readonly bar = element('i');
  private readonly meter = element('div', { class: 'meter', role: 'progressbar' }, this.bar);
  private readonly buttons = element('div', { class: 'buttons' });
  private readonly strength: StrengthSlider;
  private readonly removeButton = element('button', { type: 'button', class: 'quiet' }, '×');
  /** Inputs of the rendered picture and buttons, to render them on changes only. */
  private renderedPicture = '';
  private renderedButtons = '';
  private progress = 0;

  constructor(
    private readonly task: PhotoTask,
    private readonly actions: CardActions,
    private readonly looks: LookPorts,
  ) {
    this.strength = new StrengthSlider(task, looks);
    const { name } = task;
    this.name.textContent = name;
    this.name.title = name;
    this.removeButton.addEventListener('click', () => actions.remove(task));
    const head = element('div', { class: 'head' }, this.name, this.removeButton);
    this.root.append(
      this.picture,
      element('div', { class: 'text' }, head, this.state, this.meter, this.strength.root, this.buttons),
    );
  }

  update(nowMs: number): void {
    const { task } = this;
    const { actionOn, atMost, progress, remove } = texts();
    this.root.classList.toggle('failed', task.step === 'failed');
    this.root.dataset.step = task.step;
    this.state.textContent = stateText(task, nowMs, this.looks);
    const { secondsAtMost } = task;
    const isEstimated = task.step === 'waiting' && task.lane === 'interactive';
    this.state.title = isEstimated && secondsAtMost !== null ? atMost(secondsAtMost) : '';
    this.removeButton.setAttribute('aria-label', actionOn(remove, task.name));
    this.meter.hidden = !isPending(task);
    // A longer estimate must not move the bar back.
    this.progress = task.step === 'queued' ? 0 : Math.max(this.progress, progressOf(task, nowMs));
    this.bar.style.setProperty('--part', this.progress.toFixed(3));
    this.meter.setAttribute('aria-label', progress(task.name));
    this.meter.setAttribute('aria-valuenow', String(Math.round(100 * this.progress)));
    this.strength.update();
    this.updatePicture();
    this.updateButtons();
  }

  private updatePicture(): void {
    const { before, after, step, name, type } = this.task;
    const { noPreview } = texts();
    const inputs = JSON.stringify([before, after, noPreview, step === 'succeeded']);
    if (inputs === this.renderedPicture) return;
    const isNewResult =
      !this.renderedPicture.includes('blob:') || !this.renderedPicture.includes(String(after));
    this.renderedPicture = inputs;
    const shown = this.picture.querySelector<HTMLImageElement>('img.after');
    if (before && after && shown) {
      // Another strength: the divider stays where it is.
      shown.src = after;
    } else if (before && after) {
      this.picture.replaceChildren(compareSlider({ name, before, after }, isNewResult));
    } else if (before ?? after) {
      this.picture.replaceChildren(element('img', { src: before ?? after, alt: name }));
    } else {
      const text = type === 'image/tiff' || step === 'succeeded' ? noPreview : '';
      this.picture.replaceChildren(element('p', { class: 'none' }, text));
    }
  }

  private updateButtons(): void {
    const { task, actions } = this;
    const offered: Exclude<CardAction, 'remove'>[] = [];
    if (task.step === 'succeeded') offered.push('download');
    if (canShare(task)) offered.push('share');
    if (task.before && task.after) offered.push('enlarge');
    if (canCompareLooks(task, this.looks)) offered.push('compareLooks');
    if (canRetry(task)) offered.push('retry');
    if (canSendOriginal(task)) offered.push('sendOriginal');
    // The service has it.
    if (task.id !== undefined) offered.push(isPending(task) ? 'cancel' : 'erase');
    const labels = offered.map((action) => texts()[action]);
    const inputs = JSON.stringify(labels);
    if (inputs === this.renderedButtons) return;
    this.renderedButtons = inputs;
    const hadFocus = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(
      ...offered.map((action, k) => {
        const label = labels[k]!;
        const name = texts().actionOn(label, task.name);
        const button = element('button', { type: 'button', 'aria-label': name }, label);
        button.addEventListener('click', () => actions[action](task));
        return button;
      }),
    );
    if (hadFocus) (this.buttons.querySelector('button') ?? this.removeButton).focus();
  }
}

function stateText(task: PhotoTask, nowMs: number, looks: LookPorts): string {
  const { ahead, failed, offline, overdue, remarks, retrying, succeeded, time, waiting, within, ...steps } =
    texts();
  if (task.isLeft) return texts().notErased;
  if (task.retrying && isPending(task)) return isOnline() ? retrying : offline;
  switch (task.step) {
    case 'waiting': {
      const left = secondsLeft(task, nowMs);
      const position = task.ahead === null ? waiting : ahead(task.ahead);
      const deadline = secondsToDeadline(task, nowMs);
      // A deadline is promised, so that it has passed is said.
      const promise = deadline === null ? [] : [deadline > 0 ? within(deadline) : overdue];
      return [position, ...(left === null ? [] : [time(left)]), ...promise].join(' · ');
    }
    case 'succeeded':
      return [
        succeeded((task.finishedAt - task.startedAt) / 1000),
        ...chosenText(task, looks),
        ...task.remarks.map((one) => remarks[one]),
      ].join(' · ');
    case 'failed':
      return failed(errorText(task));
    default:
      return steps[task.step];
  }
}
