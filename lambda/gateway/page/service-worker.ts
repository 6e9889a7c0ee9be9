/**
 * Service worker of the page: opens it without a connection.
 *
 * The page itself always comes from the service, where there is one; its scripts and styles have the version in their address, so those in the cache
 * are those that it names. So no page is stale, and a new one needs no change of the service worker: that waits until all tabs are closed.
 */

/** Set by the build: a digest of all files, and those that the page needs. */
declare const VERSION: string;
declare const FILES: readonly string[];

/** TypeScript's DOM library has the global object of pages only. */
interface ExtendableEvent extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  request: Request;
  respondWith(response: Promise<Response>): void;
}
const scope = self as unknown as {
  registration: { scope: string };
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
};

/** A connection that gives no page by then counts as none. */
const LATE_MS = 8000;

const BASE = scope.registration.scope;
/** Of this stage: the local AWS serves several from one origin. */
const PREFIX = `page ${BASE} `;
const CACHE = PREFIX + VERSION;

const versioned = (file: string) => (/\.(js|css)$/.test(file) ? `${file}?v=${VERSION}` : file);

scope.addEventListener('install', (event) => {
  const addresses = ['', ...FILES.map(versioned)].map((file) => new URL(file, BASE).href);
  event.waitUntil(
    caches.open(CACHE).then(async (cache) => {
      await cache.addAll(addresses.map((url) => new Request(url, { cache: 'no-cache' })));
      const page = await cache.match(BASE);
      // A deployment came in between: the next visit tries again.
      if (!(await page?.text())?.includes(VERSION)) throw new Error('the page has another version');
    }),
  );
});

scope.addEventListener('activate', (event) => {
  const isOld = (name: string) => name.startsWith(PREFIX) && name !== CACHE;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name)))),
  );
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  const address = origin + pathname;
  if (request.method !== 'GET' || !address.startsWith(BASE)) return;
  const file = address.slice(BASE.length);
  if (request.mode === 'navigate') {
    if (file === '' || file === 'index.html') event.respondWith(currentPage());
  } else if (FILES.includes(file)) {
    event.respondWith(searchParams.has('v') ? cachedFirst(request) : cachedLast(request));
  }
});

const cached = async (request: Request | string) => (await caches.open(CACHE)).match(request);

/** The page does not depend on the query, where a sign-in has its code. */
async function currentPage(): Promise<Response> {
  const kept = await cached(BASE);
  try {
    const signal = kept ? AbortSignal.timeout(LATE_MS) : null;
    const answer = await fetch(BASE, { cache: 'no-cache', signal });
    if (kept && answer.status >= 500) return kept;
    if (answer.ok) await keep(answer.clone());
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** Settings of a stage change without the page's version. */
async function keep(page: Response): Promise<void> {
  const copy = page.clone();
  if (!(await page.text()).includes(VERSION)) return;
  const cache = await caches.open(CACHE);
  // A device without room keeps the page that it has, and shows this one.
  await cache.put(BASE, copy).catch(() => undefined);
}

const cachedFirst = async (request: Request) => (await cached(request)) ?? fetch(request);

async function cachedLast(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await cached(request);
    if (kept) return kept;
    throw error;
  }
}
