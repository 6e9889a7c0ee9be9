/** The page: files in, cards out. */
import { PAGE_SETTINGS_ID, type PageSettings } from '../../../contract/page.ts';
import { Card, canRetry } from './card.ts';
import { compare } from './compare.ts';
import { byId } from './dom.ts';
import { bytes, initialLanguage, remember, remembered, setLanguage, texts } from './language.ts';
import { Pipeline } from './pipeline.ts';
import { zipFiles, saveFile } from './zip.ts';
import { service } from './service.ts';
import { finishSignIn, signIn, signOut, token } from './sign-in.ts';
import { ImageWorkerClient } from './image-client.ts';
import { isPending, newTask, resultName, type PhotoTask } from './photo-task.ts';

const settings = JSON.parse(byId(PAGE_SETTINGS_ID).textContent ?? '') as PageSettings;
const studio = new ImageWorkerClient(() => new Worker('image-worker.js', { type: 'module' }));
const works = new Map<PhotoTask, Card>();
/** Whether this browser can do its part. */
let able = settings.chromaSize > 0;
let signedIn = settings.signIn === null;

const line = new Pipeline({
  service: service(new URL('.', location.href).href, token),
  imageWorker: studio,
  maxUploadBytes: settings.maxUploadBytes,
  chromaSize: settings.chromaSize,
  changed,
  now: Date.now,
});

const all = () => [...works.keys()];
const ended = (work: PhotoTask) => !isPending(work);

function changed(work: PhotoTask): void {
  works.get(work)?.update(Date.now());
  if (work.step === 'succeeded')
    announce(texts().announceDone(work.file.name, all().filter(ended).length, works.size));
  if (work.step === 'failed') {
    const why = work.reason ? texts().reasons[work.reason] : work.detail;
    announce(texts().announceFailed(work.file.name, why));
    if (work.reason === 'unauthorized' && settings.signIn) {
      signOut();
      showSignedIn(false);
    }
  }
  showSum();
}

function announce(text: string): void {
  byId('live').textContent = text;
}

function showSum(): void {
  const list = all();
  const done = list.filter(({ step }) => step === 'succeeded');
  byId('photos').hidden = list.length === 0;
  byId('drop').classList.toggle('small', list.length > 0);
  byId('count').textContent = texts().count(done.length, list.length);
  const sum = (pick: (work: PhotoTask) => number) => list.reduce((total, work) => total + pick(work), 0);
  const [sent, received] = [sum(({ bytesSent }) => bytesSent), sum(({ bytesReceived }) => bytesReceived)];
  byId('traffic').textContent = sent > 0 ? texts().traffic(bytes(sent), bytes(received)) : '';
  byId<HTMLButtonElement>('zip').disabled = done.length === 0;
  byId('retry-all').hidden = list.filter(canRetry).length < 2;
}

function add(files: Iterable<File>): void {
  const here = byId<HTMLInputElement>('here').checked && able;
  const added = [...files].map((file) => newTask(file, here));
  if (added.length === 0 || !signedIn) return;
  for (const work of added) {
    const card = new Card(work, { download, view, retry, sendOriginal, remove });
    works.set(work, card);
    byId('cards').append(card.root);
    card.update(Date.now());
    void line.run(work);
  }
  announce(texts().added(added.length));
  showSum();
}

function download(work: PhotoTask): void {
  if (!work.result) return;
  saveFile(work.result, resultName(work, work.result.type));
  work.saved = true;
}

function view({ file, before, after }: PhotoTask): void {
  if (!before || !after) return;
  byId('viewer-name').textContent = file.name;
  byId('viewer-body').replaceChildren(compare({ name: file.name, before, after }));
  byId<HTMLDialogElement>('viewer').showModal();
}

function retry(work: PhotoTask): void {
  work.abort = new AbortController();
  void line.run(work);
}

function sendOriginal(work: PhotoTask): void {
  [work.keepOriginal, work.id] = [false, undefined];
  retry(work);
}

function remove(work: PhotoTask): void {
  const card = works.get(work);
  const next = card?.root.nextElementSibling ?? card?.root.previousElementSibling;
  work.abort.abort();
  for (const url of [work.before, work.after]) if (url) URL.revokeObjectURL(url);
  works.delete(work);
  card?.root.remove();
  (next?.querySelector('button') ?? byId('choose')).focus();
  showSum();
}

async function downloadAll(): Promise<void> {
  const button = byId<HTMLButtonElement>('zip');
  const files = all().flatMap((work) =>
    work.result ? [{ name: resultName(work, work.result.type), body: work.result }] : [],
  );
  [button.disabled, button.textContent] = [true, texts().zipping];
  try {
    saveFile(await zipFiles(files, new Date()), 'ddcolor.zip');
    for (const work of all()) work.saved ||= work.result !== undefined;
  } finally {
    button.textContent = texts().zip;
    showSum();
  }
}

function showMode(): void {
  const here = byId<HTMLInputElement>('here');
  byId('mode').hidden = settings.chromaSize === 0 || !signedIn;
  here.disabled = !able;
  if (!able) here.checked = false;
  const { hereMore, notHereMore, noHere } = texts();
  byId('here-more').textContent = !able ? noHere : here.checked ? hereMore(settings.chromaSize) : notHereMore;
}

function showSignedIn(now: boolean): void {
  signedIn = now;
  byId('pick').hidden = !now;
  byId('hint').hidden = !now;
  byId('sign-in-part').hidden = now;
  showMode();
  byId('sign-out').hidden = !now || settings.signIn === null;
}

function showLanguage(language: string): void {
  setLanguage(language);
  byId<HTMLSelectElement>('language').value = language;
  byId('hint').textContent = texts().hint(bytes(settings.maxUploadBytes));
  byId('drop').dataset.drop = texts().drop;
  showMode();
  showSum();
  for (const card of works.values()) card.update(Date.now());
}

function showTheme(theme: string): void {
  document.documentElement.dataset.theme = theme;
  byId<HTMLSelectElement>('theme').value = theme;
  remember('theme', theme);
}

function listen(): void {
  const on = (id: string, event: string, act: (event: Event) => void) =>
    byId(id).addEventListener(event, act);
  const picker = (button: string, id: string) => {
    const input = byId<HTMLInputElement>(id);
    on(button, 'click', () => input.click());
    input.addEventListener('change', () => {
      add(input.files ?? []);
      // The same file can be chosen again.
      input.value = '';
    });
  };
  picker('choose', 'files');
  picker('camera', 'shot');
  on('here', 'change', showMode);
  on('zip', 'click', () => void downloadAll());
  on('clear', 'click', () => all().forEach(remove));
  on('retry-all', 'click', () => all().filter(canRetry).forEach(retry));
  on('language', 'change', () => showLanguage(byId<HTMLSelectElement>('language').value));
  on('theme', 'change', () => showTheme(byId<HTMLSelectElement>('theme').value));
  on('viewer-close', 'click', () => byId<HTMLDialogElement>('viewer').close());
  on('sign-in', 'click', () => settings.signIn && void signIn(settings.signIn));
  on('sign-out', 'click', () => {
    signOut();
    showSignedIn(false);
  });
  window.addEventListener('paste', ({ clipboardData }) => add(clipboardData?.files ?? []));
  listenToDrops();
  window.addEventListener('beforeunload', (event) => {
    // Results are here alone, in memory.
    if (all().some((work) => isPending(work) || (work.result && !work.saved))) event.preventDefault();
  });
}

/** Anywhere on the page: a file that misses its mark would otherwise replace the page. */
function listenToDrops(): void {
  let depth = 0;
  const over = (change: number) => {
    depth = Math.max(0, depth + change);
    byId('drop').classList.toggle('over', depth > 0 && signedIn);
  };
  window.addEventListener('dragenter', () => over(1));
  window.addEventListener('dragleave', () => over(-1));
  window.addEventListener('dragover', (event) => event.preventDefault());
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    over(-depth);
    add(event.dataTransfer?.files ?? []);
  });
}

const TICK_MS = 500;

async function begin(): Promise<void> {
  showTheme(remembered('theme') ?? 'auto');
  showLanguage(initialLanguage());
  listen();
  setInterval(() => {
    for (const [work, card] of works) if (isPending(work)) card.update(Date.now());
  }, TICK_MS);
  if (settings.signIn) {
    // Until the issuer has answered, what is chosen would not be taken.
    for (const id of ['pick', 'hint']) byId(id).hidden = true;
    const problem = byId('problem');
    problem.hidden = await finishSignIn(settings.signIn);
    problem.dataset.t = 'signInFailed';
    problem.textContent = texts().signInFailed;
    showSignedIn(token() !== undefined);
  }
  if (able) {
    able = await studio.request({ kind: 'check' }).catch(() => false);
    showMode();
  }
  document.documentElement.dataset.ready = 'yes';
}

void begin();
