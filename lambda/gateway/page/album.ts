/** The photos of the page: their tasks, cards and summary, and the actions on them. */
import type { Lane } from '../../../contract/lanes.ts';
import type { Options } from '../../../contract/photo-option.ts';
import type { LookPorts } from './card-looks.ts';
import { Card, canRetry, canSendOriginal, type CardActions } from './card.ts';
import { errorText } from './card-error.ts';
import { compareSlider } from './compare.ts';
import { confirmLoss } from './confirm.ts';
import { isOnline } from './connection.ts';
import { byId } from './dom.ts';
import { formatBytes, texts } from './language.ts';
import { alternatives, isSameLook } from './looks.ts';
import { isPending, newTask, resultName, type PhotoTask } from './photo-task.ts';
import { showVersions } from './versions.ts';
import { saveFile, zipFiles } from './zip.ts';

/** Reads a text to users of a screen reader. */
export function announce(text: string): void {
  byId('live').textContent = text;
}

/** What keeps photos beyond the page: {@link Keeper}, where the browser has storage. */
export interface Kept {
  /** To be called after each change of a photo. */
  note: (task: PhotoTask) => void;
  isKept: (task: PhotoTask) => boolean;
  remove: (tasks: readonly PhotoTask[]) => void;
}

const isUnsaved = ({ result, saved }: PhotoTask) => result !== undefined && !saved;

export class Album {
  private readonly cards = new Map<PhotoTask, Card>();
  /** The photo whose looks are shown side by side. */
  private compared: string | undefined;
  private readonly actions: CardActions = {
    download: (task) => this.download(task),
    share: (task) => this.share(task),
    enlarge: (task) => this.enlarge(task),
    compareLooks: (task) => this.compareLooks(task),
    retry: (task) => this.retry(task),
    sendOriginal: (task) => this.sendOriginal(task),
    cancel: (task) => void this.erase(task),
    erase: (task) => void this.erase(task),
    remove: (task) => void this.removeAll([task]),
  };

  /** @param run starts a task; the caller reports its changes to {@link update} */
  constructor(
    private readonly run: (task: PhotoTask) => void,
    private readonly looks: LookPorts,
    private readonly kept: Kept,
    private readonly share: (task: PhotoTask) => void,
    private readonly deleteAtService: (id: string) => Promise<void>,
  ) {}

  get tasks(): PhotoTask[] {
    return [...this.cards.keys()];
  }

  /** Whether leaving the page would lose a result, or leave a photo that the service does not have. */
  get hasUnsavedWork(): boolean {
    const { isKept } = this.kept;
    return this.tasks.some((task) =>
      isPending(task) ? task.id === undefined || !isKept(task) : isUnsaved(task) && !isKept(task),
    );
  }

  /** @param options that the photos are coloured with */
  add(
    files: Iterable<File>,
    lane: Lane,
    keepOriginal: boolean,
    options: Options = {},
    workflow?: string,
  ): void {
    const added = [...files].map((file) => newTask(file, keepOriginal, lane, options, undefined, workflow));
    if (added.length === 0) return;
    for (const task of added) this.start(task);
    announce(texts().added(added.length));
    this.updateSummary();
  }

  /** Shows photos of an earlier page. @param goesOn with those that wait */
  restore(tasks: readonly PhotoTask[], goesOn: boolean): void {
    for (const task of tasks) {
      this.show(task);
      if (goesOn && isPending(task)) this.run(task);
    }
    this.updateSummary();
  }

  /** @param after card that it goes behind. @default the last one */
  private start(task: PhotoTask, after?: Card): void {
    this.show(task, after);
    this.kept.note(task);
    this.run(task);
  }

  private show(task: PhotoTask, after?: Card): void {
    const card = new Card(task, this.actions, this.looks);
    this.cards.set(task, card);
    if (after) after.root.after(card.root);
    else byId('cards').append(card.root);
    card.update(Date.now());
  }

  update(task: PhotoTask): void {
    if (this.compared === task.original) this.showCompared();
    this.cards.get(task)?.update(Date.now());
    this.kept.note(task);
    const { name } = task;
    if (task.step === 'succeeded') {
      const finished = this.tasks.filter((one) => !isPending(one)).length;
      announce(texts().announceSucceeded(name, finished, this.cards.size));
    }
    if (task.step === 'failed') announce(texts().announceFailed(name, errorText(task)));
    this.updateSummary();
  }

  /** Updates all cards, after a change of language. */
  updateAll(): void {
    for (const card of this.cards.values()) card.update(Date.now());
    this.updateSummary();
  }

  connectionChanged(): void {
    this.updateAll();
    if (!isOnline() && this.tasks.some(isPending)) announce(texts().offline);
  }

  /** Updates progress and remaining time. */
  updatePending(): void {
    for (const [task, card] of this.cards) if (isPending(task)) card.update(Date.now());
  }

  retryAll(): void {
    for (const task of this.tasks.filter(canRetry)) this.retry(task);
  }

  /** An album of scans is TIFF, which no browser reads: one consent for all of them. */
  sendOriginals(): void {
    for (const task of this.tasks.filter(canSendOriginal)) this.sendOriginal(task);
  }

  clear(): Promise<void> {
    return this.removeAll(this.tasks);
  }

  /** Asks first if results would be lost, or with them photos that are in work. */
  private async removeAll(tasks: PhotoTask[]): Promise<void> {
    const results = tasks.filter(isUnsaved).length;
    const pending = tasks.length > 1 ? tasks.filter(isPending).length : 0;
    if (results + pending > 0 && !(await confirmLoss({ results, pending }))) return;
    for (const task of tasks) this.drop(task);
    this.kept.remove(tasks);
  }

  /** Cancels a photo that waits, or deletes it at the service; then its card goes too. */
  private async erase(task: PhotoTask): Promise<void> {
    if (task.id === undefined) return;
    if (isUnsaved(task) && !(await confirmLoss({ results: 1, pending: 0 }))) return;
    // Else a poll would find it gone first.
    task.abort.abort();
    try {
      await this.deleteAtService(task.id);
    } catch {
      task.isLeft = true;
      announce(texts().notErased);
      if (isPending(task)) this.retry(task);
      else this.cards.get(task)?.update(Date.now());
      return;
    }
    this.drop(task);
    this.kept.remove([task]);
    announce(texts().erased(task.name));
  }

  /** Takes the cards of photos away that are not this user's, or that another tab has removed. @default all */
  hide(isGone: (task: PhotoTask) => boolean = () => true): void {
    for (const task of this.tasks.filter(isGone)) this.drop(task);
  }

  /** Asks first if something would be lost that the device does not keep. */
  async mayLeave(): Promise<boolean> {
    const lost = this.tasks.filter((task) => !this.kept.isKept(task));
    const [results, pending] = [lost.filter(isUnsaved).length, lost.filter(isPending).length];
    return results + pending === 0 || confirmLoss({ results, pending });
  }

  async downloadAll(): Promise<void> {
    const button = byId<HTMLButtonElement>('zip');
    const files = this.tasks.flatMap((task) =>
      task.result ? [{ name: resultName(task, task.result.type), body: task.result }] : [],
    );
    [button.disabled, button.textContent] = [true, texts().zipping];
    try {
      saveFile(await zipFiles(files, new Date()), 'ddcolor.zip');
      for (const task of this.tasks) if (task.result) this.saved(task);
    } finally {
      button.textContent = texts().downloadAll;
      this.updateSummary();
    }
  }

  private download(task: PhotoTask): void {
    if (!task.result) return;
    saveFile(task.result, resultName(task, task.result.type));
    this.saved(task);
  }

  private saved(task: PhotoTask): void {
    task.saved = true;
    this.kept.note(task);
  }

  private enlarge({ name, before, after }: PhotoTask): void {
    if (!before || !after) return;
    byId('viewer-name').textContent = name;
    byId('viewer-body').replaceChildren(compareSlider({ name, before, after }));
    byId<HTMLDialogElement>('viewer').showModal();
  }

  /** Colours the photo in each of its looks, of which the device sends a small copy only, and shows them side by side. */
  private compareLooks(task: PhotoTask): void {
    const options = this.looks.optionsOf(task);
    for (const chosen of alternatives(options, task.options)) {
      const isThere = this.versionsOf(task.original).some((one) => isSameLook(options, one.options, chosen));
      const { file, lane, original, workflow } = task;
      if (!isThere) this.start(newTask(file, true, lane, chosen, original, workflow), this.cards.get(task));
    }
    this.compared = task.original;
    this.showCompared();
    byId<HTMLDialogElement>('versions').showModal();
    this.updateSummary();
  }

  private versionsOf = (original: string): PhotoTask[] =>
    this.tasks.filter((task) => task.original === original);

  private showCompared(): void {
    if (this.compared) showVersions(this.versionsOf(this.compared), this.looks.optionsOf);
  }

  closeVersions(): void {
    this.compared = undefined;
  }

  private retry(task: PhotoTask): void {
    task.abort = new AbortController();
    this.run(task);
  }

  private sendOriginal(task: PhotoTask): void {
    [task.keepOriginal, task.id] = [false, undefined];
    this.retry(task);
  }

  private drop(task: PhotoTask): void {
    const card = this.cards.get(task);
    const next = card?.root.nextElementSibling ?? card?.root.previousElementSibling;
    task.abort.abort();
    for (const url of [task.before, task.after]) if (url) URL.revokeObjectURL(url);
    this.cards.delete(task);
    card?.root.remove();
    (next?.querySelector('button') ?? byId('choose')).focus();
    this.updateSummary();
  }

  updateSummary(): void {
    const { tasks } = this;
    const succeeded = tasks.filter(({ step }) => step === 'succeeded');
    byId('photos').hidden = tasks.length === 0;
    byId('drop').classList.toggle('small', tasks.length > 0);
    byId('count').textContent = texts().count(succeeded.length, tasks.length);
    const sum = (pick: (task: PhotoTask) => number) => tasks.reduce((total, task) => total + pick(task), 0);
    const [sent, received] = [sum(({ bytesSent }) => bytesSent), sum(({ bytesReceived }) => bytesReceived)];
    byId('traffic').textContent = sent > 0 ? texts().traffic(formatBytes(sent), formatBytes(received)) : '';
    byId<HTMLButtonElement>('zip').disabled = succeeded.length === 0;
    byId('retry-all').hidden = tasks.filter(canRetry).length < 2;
    const originals = tasks.filter(canSendOriginal).length;
    byId('send-originals').hidden = originals < 2;
    byId('send-originals').textContent = texts().sendOriginals(originals);
  }
}
