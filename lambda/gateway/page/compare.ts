/** Before and after in one place, with a divider that is moved by pointer or keys. */
import { element } from './dom.ts';
import { texts } from './language.ts';

const MIDDLE = 50;

export interface Sides {
  name: string;
  /** Addresses of pictures of the same proportions. */
  before: string;
  after: string;
}

/**
 * @param reveal whether the divider comes in from the right, so that the colour is seen arriving
 */
export function compare({ name, before, after }: Sides, reveal = false): HTMLElement {
  const { slider, before: beforeWord, after: afterWord } = texts();
  const range = element('input', {
    type: 'range',
    min: 0,
    max: 100,
    step: 1,
    value: MIDDLE,
    'aria-label': slider(name),
  });
  const box = element(
    'div',
    { class: reveal ? 'compare reveal' : 'compare' },
    element('img', { class: 'before', src: before, alt: '', draggable: 'false' }),
    element('img', { class: 'after', src: after, alt: name, draggable: 'false' }),
    element('span', { class: 'tag left', 'aria-hidden': 'true' }, beforeWord),
    element('span', { class: 'tag right', 'aria-hidden': 'true' }, afterWord),
    element('span', { class: 'knob', 'aria-hidden': 'true' }),
    range,
  );
  const show = (at: number) => box.style.setProperty('--at', `${at}%`);
  range.addEventListener('input', () => {
    box.classList.remove('reveal');
    show(Number(range.value));
  });
  show(reveal ? 100 : MIDDLE);
  // After a frame with the divider at its start, or there would be nothing to move from.
  if (reveal) requestAnimationFrame(() => requestAnimationFrame(() => show(MIDDLE)));
  return box;
}
