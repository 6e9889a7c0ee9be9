/** Files from the file picker, the camera, drag and drop, and paste. */
import { byId } from './dom.ts';

/**
 * @param canAdd whether files are accepted now, for the drop highlight
 * @param onFiles called with the files of each selection
 */
export function listenForFiles(canAdd: () => boolean, onFiles: (files: Iterable<File>) => void): void {
  const picker = (buttonId: string, inputId: string) => {
    const input = byId<HTMLInputElement>(inputId);
    byId(buttonId).addEventListener('click', () => input.click());
    input.addEventListener('change', () => {
      onFiles(input.files ?? []);
      // Without this, choosing the same file again fires no event.
      input.value = '';
    });
  };
  picker('choose', 'files');
  picker('camera', 'camera-file');
  window.addEventListener('paste', ({ clipboardData }) => onFiles(clipboardData?.files ?? []));

  // On the whole window: otherwise a file dropped outside of the target replaces the page.
  let depth = 0;
  const highlight = (change: number) => {
    depth = Math.max(0, depth + change);
    byId('drop').classList.toggle('over', depth > 0 && canAdd());
  };
  window.addEventListener('dragenter', () => highlight(1));
  window.addEventListener('dragleave', () => highlight(-1));
  window.addEventListener('dragover', (event) => event.preventDefault());
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    highlight(-depth);
    onFiles(event.dataTransfer?.files ?? []);
  });
}
