/** Looks of one photo, side by side. */
import type { LookPorts } from './card-looks.ts';
import { byId, element } from './dom.ts';
import { texts } from './language.ts';
import { lookText } from './looks.ts';
import type { PhotoTask } from './photo-task.ts';

/** Shows the photo as it was, and each of its versions as far as it is. */
export function showVersions(versions: readonly PhotoTask[], optionsOf: LookPorts['optionsOf']): void {
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
      return figure(lookText(optionsOf(task), task.options), task.after, state);
    }),
  );
}
