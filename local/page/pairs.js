/** Shows a photo and its result on top of each other, with a slider to compare. */

import { nameOf } from './texts.js';

const path = (side, key) => `/photos/${side}/${key.split('/').map(encodeURIComponent).join('/')}`;
const shown = new Map();

/** Shows the pairs in the given order; a pair that is already shown keeps its slider position. */
export function showPairs(list, pairs) {
  const items = pairs.map((pair) => {
    const item = shown.get(pair.key) ?? make(pair);
    shown.set(pair.key, item);
    return item;
  });
  for (const key of shown.keys()) if (!pairs.some((pair) => pair.key === key)) shown.delete(key);
  items.forEach((item, i) => {
    if (list.children[i] !== item) list.insertBefore(item, list.children[i] ?? null);
  });
  while (list.children.length > items.length) list.lastElementChild.remove();
}

function make({ key, waitSeconds }) {
  const item = document.createElement('li');
  const frame = document.createElement('div');
  frame.className = 'frame';
  for (const side of ['after', 'before']) {
    const image = document.createElement('img');
    image.className = side;
    image.src = path(side, key);
    image.alt = side === 'after' ? `${key} in colour` : `${key}, original`;
    image.draggable = false;
    frame.append(image);
  }
  const slider = document.createElement('input');
  Object.assign(slider, { type: 'range', min: '0', max: '100', value: '50' });
  slider.setAttribute('aria-label', `Percent of ${key} shown as the original`);
  const move = () => frame.style.setProperty('--cut', `${slider.value}%`);
  slider.addEventListener('input', move);
  move();
  frame.append(slider);
  const name = document.createElement('p');
  name.textContent = nameOf(key);
  name.title = key;
  const wait = document.createElement('small');
  wait.textContent = waitSeconds === null ? '' : `waited ${waitSeconds.toFixed(1)} s`;
  item.append(frame, name, wait);
  return item;
}
