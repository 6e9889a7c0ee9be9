/** Entry point of the page: connects album, pipeline, sign-in and preferences. */
import { PAGE_SETTINGS_ID, type PageSettings } from '../../../contract/page.ts';
import { sizeWith } from '../../../contract/photo-option.ts';
import { Album } from './album.ts';
import { chooseLane, MOST_UNASKED } from './choose-lane.ts';
import { isOnline } from './connection.ts';
import { Device } from './device.ts';
import { byId } from './dom.ts';
import { listenForFiles } from './file-input.ts';
import { ImageWorkerClient } from './image-client.ts';
import {
  formatBytes,
  initialLanguage,
  readPreference,
  setLanguage,
  storePreference,
  texts,
} from './language.ts';
import { Looks } from './looks.ts';
import type { PhotoTask } from './photo-task.ts';
import { Pipeline } from './pipeline.ts';
import { photoService } from './service.ts';
import { shareResult } from './share.ts';
import { finishSignIn, lastOwner, owner, signIn, signOut, token } from './sign-in.ts';

const UPDATE_MS = 500;
const THEMES = ['auto', 'light', 'dark'];

/** The version of this page, which its other files have in their address too. */
const VERSION_QUERY = new URL(import.meta.url).search;

const settings = JSON.parse(byId(PAGE_SETTINGS_ID).textContent ?? '') as PageSettings;
const imageWorker = new ImageWorkerClient(
  () => new Worker(`image-worker.js${VERSION_QUERY}`, { type: 'module' }),
);
/** Whether this browser can add colours to the originals. */
let canKeepOriginal = [settings, ...(settings.workflows ?? [])].some(({ chromaSize }) => chromaSize > 0);
let signedIn = settings.signIn === null;

const service = photoService(new URL('.', location.href).href, token);
const pipeline = new Pipeline({
  service,
  imageWorker,
  maxUploadBytes: settings.maxUploadBytes,
  chromaSize: settings.chromaSize,
  photoOptions: settings.options,
  workflows: settings.workflows,
  onChange,
  now: Date.now,
});
const looks = new Looks(settings, showMode);
const device = new Device({
  onNoRoom: () => showKept('noRoom'),
  onChange: (task) => album.update(task),
  onRemoved: (isGone) => album.hide(isGone),
});
const album = new Album(
  (task) => void device.run(task, () => pipeline.run(task)),
  {
    optionsOf: pipeline.optionsOf,
    recolour: (task, strength, isFinal) => void pipeline.recolour(task, strength, isFinal),
  },
  device,
  (task) => void shareResult(task, service.share),
  (id) => service.delete(id),
);

function onChange(task: PhotoTask): void {
  album.update(task);
  if (task.step === 'failed' && task.error === 'unauthorized' && settings.signIn) leaveSession();
}

async function addFiles(files: Iterable<File>): Promise<void> {
  // The file input empties its list.
  const all = [...files];
  const { bulkDeadlineSeconds } = settings;
  // The question covers the page, but files can still be dropped or pasted.
  if (!signedIn || byId<HTMLDialogElement>('lane').open) return;
  const asks = bulkDeadlineSeconds > 0 && all.length > MOST_UNASKED;
  const lane = asks ? await chooseLane(all.length, bulkDeadlineSeconds) : 'interactive';
  const { chromaSize } = looks.current;
  const keepOriginal = byId<HTMLInputElement>('keep-original').checked && canKeepOriginal && chromaSize > 0;
  if (lane) album.add(all, lane, keepOriginal, looks.chosen, looks.workflow);
}

/** What becomes of the photos when the page is closed. */
function showKept(text: 'kept' | 'notKept' | 'noRoom'): void {
  byId('kept').dataset.text = text;
  byId('kept').textContent = texts()[text];
}

/** The photos of a user are for that user. */
async function endSession(): Promise<void> {
  if (!(await album.mayLeave())) return;
  leaveSession();
  album.hide();
}

function leaveSession(): void {
  signOut();
  showSignedIn(false);
}

function showSignedIn(now: boolean): void {
  signedIn = now;
  byId('pick').hidden = !now;
  byId('hint').hidden = !now;
  byId('sign-in-part').hidden = now;
  byId('sign-out').hidden = !now || settings.signIn === null;
  showMode();
}

function showMode(): void {
  const toggle = byId<HTMLInputElement>('keep-original');
  const { chromaSize, options = [] } = looks.current;
  byId('mode').hidden = chromaSize === 0 || !signedIn;
  byId('looks').hidden = looks.isEmpty || !signedIn;
  toggle.disabled = !canKeepOriginal;
  if (!canKeepOriginal) toggle.checked = false;
  const { keepOriginalOn, keepOriginalOff, keepOriginalUnavailable } = texts();
  byId('keep-original-more').textContent = !canKeepOriginal
    ? keepOriginalUnavailable
    : toggle.checked
      ? keepOriginalOn(sizeWith(options, looks.chosen, chromaSize))
      : keepOriginalOff;
}

function showLanguage(language: string): void {
  setLanguage(language);
  byId<HTMLSelectElement>('language').value = language;
  byId('hint').textContent = texts().hint(formatBytes(settings.maxUploadBytes));
  byId('drop').dataset.drop = texts().drop;
  looks.show();
  showMode();
  album.updateAll();
}

function showTheme(theme: string): void {
  document.documentElement.dataset.theme = theme;
  byId<HTMLSelectElement>('theme').value = theme;
  storePreference('theme', theme);
}

function connectionChanged(): void {
  byId('offline').hidden = isOnline();
  // Without a connection the issuer gives no new token.
  if (isOnline() && lastOwner() !== undefined && !signedIn) location.reload();
  album.connectionChanged();
}

function listen(): void {
  const on = (id: string, event: string, act: () => void) => byId(id).addEventListener(event, act);
  listenForFiles(
    () => signedIn,
    (files) => void addFiles(files),
  );
  on('keep-original', 'change', showMode);
  on('zip', 'click', () => void album.downloadAll());
  on('clear', 'click', () => void album.clear());
  on('retry-all', 'click', () => album.retryAll());
  on('send-originals', 'click', () => album.sendOriginals());
  on('language', 'change', () => showLanguage(byId<HTMLSelectElement>('language').value));
  on('theme', 'change', () => showTheme(byId<HTMLSelectElement>('theme').value));
  on('viewer-close', 'click', () => byId<HTMLDialogElement>('viewer').close());
  on('share-close', 'click', () => byId<HTMLDialogElement>('share').close());
  on('versions-close', 'click', () => byId<HTMLDialogElement>('versions').close());
  on('versions', 'close', () => album.closeVersions());
  on('sign-in', 'click', () => settings.signIn && void signIn(settings.signIn));
  on('sign-out', 'click', () => void endSession());
  for (const event of ['online', 'offline']) window.addEventListener(event, connectionChanged);
  window.addEventListener('beforeunload', (event) => {
    if (album.hasUnsavedWork) event.preventDefault();
  });
}

async function start(): Promise<void> {
  showTheme(THEMES.find((one) => one === readPreference('theme')) ?? 'auto');
  showLanguage(initialLanguage());
  listen();
  setInterval(() => album.updatePending(), UPDATE_MS);
  // Of this stage: the local AWS serves several from one origin.
  showKept((await device.open(`photos ${location.pathname}`)) ? 'kept' : 'notKept');
  byId('offline').hidden = isOnline();
  if (settings.signIn && !isOnline()) {
    showSignedIn(false);
  } else if (settings.signIn) {
    // Files cannot be added before the issuer has responded.
    for (const id of ['pick', 'hint']) byId(id).hidden = true;
    const problem = byId('problem');
    const outcome = await finishSignIn(settings.signIn);
    if (outcome === 'leaving') return;
    problem.hidden = outcome !== 'failed';
    problem.dataset.text = 'signInFailed';
    problem.textContent = texts().signInFailed;
    showSignedIn(token() !== undefined);
  }
  // Of a signed-in tab that has no connection, what it had is shown, and waits.
  const whose =
    settings.signIn === null ? '' : signedIn ? await owner() : isOnline() ? undefined : lastOwner();
  // At once: a photo that is chosen before would be shown twice, or be kept for no user.
  if (whose !== undefined) album.restore(await device.restore(whose), signedIn);
  if (canKeepOriginal) {
    canKeepOriginal = await imageWorker.request({ kind: 'check' }).catch(() => false);
    showMode();
  }
  document.documentElement.dataset.ready = 'yes';
  await navigator.serviceWorker
    ?.register('service-worker.js', { updateViaCache: 'none' })
    // Private windows of some browsers have none: the page then needs a connection to open.
    .catch(() => undefined);
}

void start();
