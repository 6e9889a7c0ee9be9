/** Subscribes to the state of the run and renders it. */
import { showPairs } from './pairs.js';
import { Plots } from './plots.js';
import { nameOf, number, describeDecision, seconds, stateClass, summary } from './texts.js';

const byId = (id) => document.getElementById(id);
const plots = new Plots(byId('backlog'), byId('fleet'), byId('waits'));
let last;

function element(name, { text, className, title } = {}, children = []) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  if (title) made.title = title;
  made.append(...children);
  return made;
}

/** Replaces the children of a list, and shows its note when the list is empty. */
function fill(id, noteId, children) {
  byId(id).replaceChildren(...children);
  if (noteId) byId(noteId).hidden = children.length > 0;
}

function show(state) {
  last = state;
  byId('phase').textContent = state.phase;
  byId('phase').dataset.done = String(state.phase === 'done');
  byId('clock').textContent = seconds((state.now - state.startedAt) / 1000);
  byId('stage').textContent = state.stage;
  byId('stand-in').hidden = !state.standIn;

  fill(
    'tiles',
    undefined,
    summary(state).map(({ name, value, note, kind }) =>
      element('div', { className: kind }, [
        element('dt', { text: name }),
        element('dd', { text: value }, note ? [element('small', { text: ` ${note}` })] : []),
      ]),
    ),
  );
  plots.show(state);
  showPairs(byId('pairs'), state.pairs);
  byId('no-pairs').hidden = state.pairs.length > 0;

  fill(
    'decisions',
    'no-decisions',
    state.decisions.map((decision) =>
      element('tr', {}, [
        element('td', { text: seconds(decision.t), className: 'number' }),
        element('td', {}, [
          element('span', { text: decision.reason, className: `reason ${decision.reason}` }),
          ` ${describeDecision(decision)}`,
        ]),
        element('td', { text: number(decision.desired), className: 'number' }),
        element('td', { text: number(backlogOf(decision)), className: 'number' }),
        element('td', { text: number(decision.inService), className: 'number' }),
      ]),
    ),
  );
  fill(
    'instances',
    'no-instances',
    [...state.instances, ...state.warm].map(({ id, state: lifecycle, since, market }) =>
      element('li', { className: stateClass(lifecycle) }, [
        element('code', { text: id.slice(0, 10), title: id }),
        element('span', { text: lifecycle }),
        element('i', { text: market }),
        element('small', { text: seconds((state.now - since) / 1000) }),
      ]),
    ),
  );
  fill(
    'failures',
    'no-failures',
    state.failures.map(({ key, code, message }) =>
      element('li', {}, [
        element('b', { text: nameOf(key) }),
        element('code', { text: code }),
        ` ${message}`,
      ]),
    ),
  );
}

const backlogOf = ({ visible, inFlight }) =>
  visible === null || inFlight === null ? null : visible + inFlight;

const events = new EventSource('/events');
events.onmessage = ({ data }) => show(JSON.parse(data));
events.onerror = () => {
  // EventSource reconnects by itself; the page keeps the last state.
  byId('phase').textContent = last?.phase === 'done' ? 'run ended' : 'connection lost';
};
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  plots.restyle();
  if (last) plots.show(last);
});
