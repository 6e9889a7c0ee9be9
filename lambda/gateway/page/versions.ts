/** Looks of one photo, side by side. */
import type { PhotoOption } from '../../../contract/photo-option.ts';
import { byId, element } from './dom.ts';
import { texts } from './language.ts';
import { lookText } from './looks.ts';
import type { PhotoTask } from './photo-task.ts';

/** Shows the photo as it was, and each of its versions as far as it is. */
export function showVersions(versions: readonly PhotoTask[], options: readonly PhotoOption[]): void {
  const [first] = versions;
  if (!first) return;
  byId('versions-name').textContent = first.name;
  const figure = (label: string, src: string | undefined, state: string) =>
    element(
      'figure',
      {},
      src ? element('img', { src, alt: label }) : element('p', { class: 'none' }, state),
      element('figcaption', {}, label),
    );
  byId('versions-body').replaceChildren(
    figure(texts().before, first.before, ''),
    ...versions.map((task) => {
      const state = task.step === 'failed' ? texts().failed(task.error ?? '') : String(texts()[task.step]);
      return figure(lookText(options, task.options), task.after, state);
    }),
  );
}
