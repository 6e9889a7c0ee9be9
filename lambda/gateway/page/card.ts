/** A photo's card: picture, name, state, bar and what can be done. Made once, then kept up with its photo. */
import { compare } from './compare.ts';
import { element } from './dom.ts';
import { texts } from './language.ts';
import { isPending, progressOf, secondsLeft, type PhotoTask } from './photo-task.ts';

export interface CardActions {
  download: (work: PhotoTask) => void;
  view: (work: PhotoTask) => void;
  retry: (work: PhotoTask) => void;
  sendOriginal: (work: PhotoTask) => void;
  remove: (work: PhotoTask) => void;
}

/** Reasons that the service may not have, because they are this browser's. */
const HERE = new Set<PhotoTask['reason']>(['unreadable-here', 'too-large-here', 'no-chroma']);
/** Reasons that trying again does not mend. */
const FINAL = new Set<PhotoTask['reason']>([
  'wrong-type',
  'file-too-large',
  'empty-file',
  'unreadable-image',
  'unsupported-format',
  'too-large',
  'bad-option',
  'cannot-be-coloured',
  'unsupported-type',
]);

export const canRetry = ({ step, reason }: PhotoTask): boolean =>
  step === 'failed' && !HERE.has(reason) && !FINAL.has(reason);

export class Card {
  readonly root = element('li', { class: 'card' });
  private readonly picture = element('div', { class: 'picture' });
  private readonly name = element('p', { class: 'name' });
  private readonly state = element('p', { class: 'state' });
  private readonly bar = element('i');
  private readonly meter = element('div', { class: 'meter', role: 'progressbar' }, this.bar);
  private readonly buttons = element('div', { class: 'buttons' });
  private readonly away = element('button', { type: 'button', class: 'quiet' }, '×');
  /** What the picture and the buttons were last made for. */
  private shown = '';
  private offered = '';
  /** How far the bar has come. */
  private part = 0;

  constructor(
    private readonly work: PhotoTask,
    private readonly actions: CardActions,
  ) {
    const { name } = work.file;
    this.name.textContent = name;
    this.name.title = name;
    this.away.addEventListener('click', () => actions.remove(work));
    const head = element('div', { class: 'head' }, this.name, this.away);
    this.root.append(
      this.picture,
      element('div', { class: 'text' }, head, this.state, this.meter, this.buttons),
    );
  }

  update(nowMs: number): void {
    const { work } = this;
    this.root.classList.toggle('failed', work.step === 'failed');
    this.root.dataset.step = work.step;
    this.state.textContent = stateText(work, nowMs);
    const { secondsAtMost } = work;
    this.state.title = work.step === 'waiting' && secondsAtMost !== null ? texts().atMost(secondsAtMost) : '';
    const { named, remove } = texts();
    this.away.setAttribute('aria-label', named(remove, work.file.name));
    this.meter.hidden = !isPending(work);
    // The service may find that it takes longer; a bar that goes back would look like work undone.
    this.part = work.step === 'queued' ? 0 : Math.max(this.part, progressOf(work, nowMs));
    const { part } = this;
    this.bar.style.setProperty('--part', part.toFixed(3));
    this.meter.setAttribute('aria-label', texts().progress(work.file.name));
    this.meter.setAttribute('aria-valuenow', String(Math.round(100 * part)));
    this.updatePicture();
    this.updateButtons();
  }

  private updatePicture(): void {
    const { before, after, step, file } = this.work;
    const { noPreview } = texts();
    const now = JSON.stringify([before, after, noPreview, step === 'succeeded']);
    if (now === this.shown) return;
    const first = !this.shown.includes('blob:') || !this.shown.includes(String(after));
    this.shown = now;
    if (before && after) {
      this.picture.replaceChildren(compare({ name: file.name, before, after }, first));
    } else if (before ?? after) {
      this.picture.replaceChildren(element('img', { src: before ?? after, alt: file.name }));
    } else {
      const text = this.work.type === 'image/tiff' || step === 'succeeded' ? noPreview : '';
      this.picture.replaceChildren(element('p', { class: 'none' }, text));
    }
  }

  private updateButtons(): void {
    const { work, actions } = this;
    const { download, view, retry, sendOriginal } = texts();
    const offers: [label: string, act: (work: PhotoTask) => void][] = [];
    if (work.step === 'succeeded') offers.push([download, actions.download]);
    if (work.before && work.after) offers.push([view, actions.view]);
    if (canRetry(work)) offers.push([retry, actions.retry]);
    if (work.step === 'failed' && HERE.has(work.reason)) offers.push([sendOriginal, actions.sendOriginal]);
    const now = JSON.stringify(offers.map(([label]) => label));
    if (now === this.offered) return;
    this.offered = now;
    const hadFocus = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(
      ...offers.map(([label, act]) => {
        const button = element(
          'button',
          { type: 'button', 'aria-label': texts().named(label, work.file.name) },
          label,
        );
        button.addEventListener('click', () => act(work));
        return button;
      }),
    );
    if (hadFocus) (this.buttons.querySelector('button') ?? this.away).focus();
  }
}

function stateText(work: PhotoTask, nowMs: number): string {
  const say = texts();
  switch (work.step) {
    case 'waiting': {
      const left = secondsLeft(work, nowMs);
      const ahead = work.ahead === null ? say.sent : say.ahead(work.ahead);
      return left === null ? ahead : `${ahead} · ${say.time(left)}`;
    }
    case 'succeeded':
      return say.done((work.endedAt - work.startedAt) / 1000);
    case 'failed':
      return say.failed(work.reason ? say.reasons[work.reason] : work.detail);
    default:
      return say[work.step];
  }
}
