/** Before and after in one frame, with a divider that pointer and keys move. */
import { element } from './dom.ts';
import { texts } from './language.ts';

const MIDDLE_PERCENT = 50;

export interface Previews {
  name: string;
  /** URLs of images of the same aspect ratio. */
  before: string;
  after: string;
}

/** @param reveal moves the divider in from the right, to show the new colours */
export function compareSlider({ name, before, after }: Previews, reveal = false): HTMLElement {
  const { slider, before: beforeText, after: afterText } = texts();
  const range = element('input', {
    type: 'range',
    min: 0,
    max: 100,
    step: 1,
    value: MIDDLE_PERCENT,
    'aria-label': slider(name),
  });
  const frame = element(
    'div',
    { class: reveal ? 'compare reveal' : 'compare' },
    element('img', { class: 'before', src: before, alt: '', draggable: 'false' }),
    element('img', { class: 'after', src: after, alt: name, draggable: 'false' }),
    element('span', { class: 'tag left', 'aria-hidden': 'true' }, beforeText),
    element('span', { class: 'tag right', 'aria-hidden': 'true' }, afterText),
    element('span', { class: 'knob', 'aria-hidden': 'true' }),
    range,
  );
  const moveTo = (percent: number) => frame.style.setProperty('--at', `${percent}%`);
  range.addEventListener('input', () => {
    frame.classList.remove('reveal');
    moveTo(Number(range.value));
  });
  moveTo(reveal ? 100 : MIDDLE_PERCENT);
  // The CSS transition needs one rendered frame at its start.
  if (reveal) requestAnimationFrame(() => requestAnimationFrame(() => moveTo(MIDDLE_PERCENT)));
  return frame;
}
