/** Shares a result: by a link of the service that expires, or, of an original that stays on the device, as a file. */
import type { SharedPhoto } from '../../../contract/photo-api.ts';
import { errorText } from './card-error.ts';
import { byId } from './dom.ts';
import { language, texts } from './language.ts';
import { resultName, type PhotoTask } from './photo-task.ts';
import type { CodedError } from './service.ts';

const fileOf = (task: PhotoTask, result: Blob) =>
  new File([result], resultName(task, result.type), { type: result.type });

/** The service has no picture of an original that stayed on the device, so no link either. */
export function canShare(task: PhotoTask): boolean {
  const { step, keepOriginal, id, result } = task;
  if (step !== 'succeeded' || !result) return false;
  if (!keepOriginal) return id !== undefined;
  return 'canShare' in navigator && navigator.canShare({ files: [fileOf(task, result)] });
}

/** What the user does with a dialog of the system is no error of the page. */
const share = (data: ShareData): void => void navigator.share(data).catch(() => undefined);

/** @param makeLink at the service */
export async function shareResult(
  task: PhotoTask,
  makeLink: (id: string, signal: AbortSignal) => Promise<SharedPhoto>,
): Promise<void> {
  const { id, result, keepOriginal, name } = task;
  if (keepOriginal && result) return share({ files: [fileOf(task, result)] });
  if (id === undefined) return;
  const dialog = byId<HTMLDialogElement>('share');
  const [text, link] = [byId('share-text'), byId<HTMLInputElement>('share-link')];
  const [copy, send] = [byId<HTMLButtonElement>('share-copy'), byId<HTMLButtonElement>('share-send')];
  byId('share-name').textContent = name;
  text.textContent = texts().shareMaking;
  link.value = '';
  link.hidden = copy.hidden = send.hidden = true;
  copy.textContent = texts().shareCopy;
  const closed = new AbortController();
  dialog.addEventListener('close', () => closed.abort(), { once: true });
  dialog.showModal();
  const made = await makeLink(id, closed.signal).catch((error: unknown) => error as CodedError);
  if (closed.signal.aborted) return;
  if (!('url' in made)) {
    text.textContent = errorText({ error: made.code, detail: made.message });
    return;
  }
  const { url, expiresAt } = made;
  const minutes = Math.round((Date.parse(expiresAt) - Date.now()) / 60_000);
  const clock = new Intl.DateTimeFormat(language(), { timeStyle: 'short' }).format(Date.parse(expiresAt));
  text.textContent = texts().shareText(minutes, clock);
  link.value = url;
  link.hidden = copy.hidden = false;
  send.hidden = !('share' in navigator);
  copy.onclick = () =>
    void navigator.clipboard
      .writeText(url)
      .then(() => (copy.textContent = texts().shareCopied))
      // Without permission, the user copies what is selected.
      .catch(() => link.select());
  send.onclick = () => share({ url });
  link.focus();
  link.select();
}
