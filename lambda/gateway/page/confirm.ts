/** Asks before something is lost. */
import { byId } from './dom.ts';
import { texts } from './language.ts';

/** What the user would lose. */
export interface Loss {
  /** Results that are not downloaded. */
  results: number;
  /** Photos that have no result yet. */
  pending: number;
}

/** @returns whether the user wants to lose it; false for Escape */
export function confirmLoss({ results, pending }: Loss): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>('loss');
  const { lossResults, lossPending } = texts();
  const lost = [results > 0 ? lossResults(results) : '', pending > 0 ? lossPending(pending) : ''];
  byId('loss-text').textContent = lost.filter(Boolean).join(' ');
  dialog.returnValue = '';
  byId('loss-keep').onclick = () => dialog.close();
  byId('loss-remove').onclick = () => dialog.close('remove');
  // Focus goes to the first button, which keeps, and returns to where it was.
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'remove'), { once: true });
  });
}
