/** Asks for the lane of an album. */
import type { Lane } from '../../../contract/lanes.ts';
import { byId } from './dom.ts';
import { formatDeadline, texts } from './language.ts';

/** Up to so many photos at once go to the interactive lane without a question. */
export const MOST_UNASKED = 50;

/** @param deadlineSeconds of the bulk lane @returns undefined for Escape and Cancel */
export function chooseLane(photos: number, deadlineSeconds: number): Promise<Lane | undefined> {
  const dialog = byId<HTMLDialogElement>('lane');
  const deadline = formatDeadline(deadlineSeconds);
  const { bulkTitle, bulkText, bulkYes } = texts();
  byId('lane-title').textContent = bulkTitle(photos);
  byId('lane-text').textContent = bulkText(deadline);
  byId('lane-bulk').textContent = bulkYes(deadline);
  dialog.returnValue = '';
  for (const lane of ['bulk', 'interactive'] as const)
    byId(`lane-${lane}`).onclick = () => dialog.close(lane);
  byId('lane-cancel').onclick = () => dialog.close();
  // Focus goes to the first button, and returns to where it was.
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve((dialog.returnValue || undefined) as Lane | undefined), {
      once: true,
    });
  });
}
