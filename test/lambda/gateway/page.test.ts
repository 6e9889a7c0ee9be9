/** What of the page needs no browser: where a photo is, names, words, the gate, whose a token is, and how its files are served. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FAILURE_CODES } from '../../../contract/failure.ts';
import { PAGE_FILES, type PageSettings } from '../../../contract/page.ts';
import { PHOTO_TYPES, PROBLEM_CODES } from '../../../contract/photo-types.ts';
import { requestOf, type Response } from '../../../lambda/gateway/http.ts';
import { Page, type PageFacts } from '../../../lambda/gateway/page-files.ts';
import { Gate } from '../../../lambda/gateway/page/gate.ts';
import { uniqueNames } from '../../../lambda/gateway/page/pack.ts';
import { isFor } from '../../../lambda/gateway/page/sign-in.ts';
import { languageOf, LANGUAGES, type Words } from '../../../lambda/gateway/page/words.ts';
import {
  isOpen,
  newWork,
  partOf,
  resultName,
  secondsLeft,
  typeOf,
  type Step,
  type Work,
} from '../../../lambda/gateway/page/work.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import { eventOf, memoryGateway } from './support/memory.ts';

const file = (name: string, type = '') => new File(['x'], name, { type });
const work = (more: Partial<Work> = {}): Work => ({
  ...newWork(file('Oma.jpg', 'image/jpeg'), true),
  ...more,
});

describe('the bar of a photo', () => {
  const T = 1_780_316_400_000;
  /** Steps in their order, with what is known at each; each lasts a while. */
  const ways: Record<string, Step[]> = {
    'with the original here': ['queued', 'preparing', 'sending', 'waiting', 'fetching', 'merging', 'done'],
    'by the service alone': ['queued', 'sending', 'waiting', 'fetching', 'done'],
  };
  const seconds = fc.double({ min: 0, max: 1e5, noNaN: true });
  const times = fc.array(seconds, { minLength: 1, maxLength: 12 }).map((all) => all.sort((a, b) => a - b));

  it.each(Object.entries(ways))('never goes back, and stays within itself: %s', (_how, steps) => {
    const estimate = fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }));
    fc.assert(
      fc.property(times, times, estimate, (sending, waiting, left) => {
        const parts = steps.flatMap((step) => {
          if (step === 'sending') {
            const whole = sending.at(-1)! || 1;
            return sending.map((sent) => partOf(work({ step, sent: sent / whole }), T));
          }
          if (step === 'waiting') {
            const known = work({ step, waitingSince: T, saidAt: T, seconds: left });
            return waiting.map((after) => partOf(known, T + 1000 * after));
          }
          return [partOf(work({ step }), T)];
        });
        for (const [k, part] of parts.entries()) {
          expect(part).toBeGreaterThanOrEqual(parts[k - 1] ?? 0);
          expect(part).toBeLessThanOrEqual(1);
        }
        expect(parts.at(-1)).toBe(1);
        // Only what is over is full.
        expect(parts.slice(0, -1).every((part) => part < 1)).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('goes on while a photo waits longer than was said', () => {
    const waits = work({ step: 'waiting', waitingSince: T, saidAt: T, seconds: 10 });
    const parts = [0, 5, 10, 20, 40, 80].map((after) => partOf(waits, T + 1000 * after));
    for (const [k, part] of parts.entries()) expect(part).toBeGreaterThan(parts[k - 1] ?? 0);
  });

  it('goes further the less is left', () => {
    const waited = (left: number | null) =>
      partOf(work({ step: 'waiting', waitingSince: T - 10_000, saidAt: T, seconds: left }), T);
    expect(waited(1)).toBeGreaterThan(waited(10));
    expect(waited(10)).toBeGreaterThan(waited(100));
    expect(waited(null)).toBeGreaterThan(0.3);
  });

  it('is full when there is nothing more to come', () => {
    expect([partOf(work({ step: 'done' }), T), partOf(work({ step: 'failed' }), T)]).toEqual([1, 1]);
    expect(isOpen(work({ step: 'waiting' }))).toBe(true);
    expect([isOpen(work({ step: 'done' })), isOpen(work({ step: 'failed' }))]).toEqual([false, false]);
  });

  it.each([
    [null, 0, null],
    [10, 0, 10],
    [10, 4, 6],
    [10, 9.5, 1],
    [10, 60, 1],
  ])('says of %s s, said %s s ago, that %s are left', (said, ago, left) => {
    expect(secondsLeft(work({ seconds: said, saidAt: T - 1000 * ago }), T)).toBe(left);
  });
});

describe('the type of a file', () => {
  it.each([
    ['Oma.jpg', 'image/jpeg', 'image/jpeg'],
    ['Oma', 'image/png', 'image/png'],
    ['Oma.jpg', 'image/webp', 'image/webp'],
    ['Oma.tif', '', 'image/tiff'],
    ['Oma.TIFF', '', 'image/tiff'],
    ['Oma.JPG', '', 'image/jpeg'],
    ['Oma.jpeg', '', 'image/jpeg'],
    ['Oma.jfif', '', 'image/jpeg'],
    ['Oma.1945.png', '', 'image/png'],
    ['Oma.webp', '', 'image/webp'],
    ['jpg', '', 'image/jpeg'],
    ['Oma.gif', 'image/gif', undefined],
    ['Oma.jpg', 'image/gif', undefined],
    ['Oma.jpg', 'text/html', undefined],
    ['Oma.heic', '', undefined],
    ['Oma', '', undefined],
    ['Oma.jpg.', '', undefined],
    ['', '', undefined],
    // What every object has.
    ['constructor', '', undefined],
    ['Oma.constructor', '', undefined],
    ['Oma.__proto__', '', undefined],
  ])('of "%s" that the browser takes for "%s" is %s', (name, type, wanted) => {
    expect(typeOf(file(name, type))).toBe(wanted);
  });

  it('is one that the service takes, of every photo', () => {
    for (const type of PHOTO_TYPES) expect(typeOf(file('x', type))).toBe(type);
  });
});

describe('the name of a result', () => {
  it.each([
    ['Oma.jpg', 'image/jpeg', 'Oma.jpg'],
    ['Oma.JPEG', 'image/jpeg', 'Oma.JPEG'],
    ['Oma.jfif', 'image/jpeg', 'Oma.jfif'],
    ['Oma.tiff', 'image/tiff', 'Oma.tiff'],
    ['Oma.tif', 'image/png', 'Oma.png'],
    ['Oma.TIF', 'image/jpeg', 'Oma.jpg'],
    ['Oma 1.2.webp', 'image/png', 'Oma 1.2.png'],
    ['Oma', 'image/png', 'Oma.png'],
    ['.jpg', 'image/jpeg', '.jpg.jpg'],
    ['Oma.jpg', 'image/avif', 'Oma.jpg'],
    ['Oma.jpg', '', 'Oma.jpg'],
    ['照片.png', 'image/jpeg', '照片.jpg'],
    ['scan.1945', 'image/jpeg', 'scan.1945.jpg'],
  ])('of %s as %s is %s', (name, type, wanted) => {
    expect(resultName(work({ file: file(name) }), type)).toBe(wanted);
  });
});

describe('names in an archive', () => {
  it.each<[string[], string[]]>([
    [[], []],
    [
      ['a.jpg', 'b.jpg'],
      ['a.jpg', 'b.jpg'],
    ],
    [
      ['a.jpg', 'a.jpg', 'a.jpg'],
      ['a.jpg', 'a (2).jpg', 'a (3).jpg'],
    ],
    [
      ['a (2).jpg', 'a.jpg', 'a.jpg'],
      ['a (2).jpg', 'a.jpg', 'a (3).jpg'],
    ],
    [
      ['a.jpg', 'a.jpg', 'a (2).jpg'],
      ['a.jpg', 'a (2).jpg', 'a (2) (2).jpg'],
    ],
    [
      ['a.jpg', 'A.JPG'],
      ['a.jpg', 'A (2).JPG'],
    ],
    [
      ['a', 'a', '.a', '.a'],
      ['a', 'a (2)', '.a', '.a (2)'],
    ],
    [
      ['照片.png', '照片.png'],
      ['照片.png', '照片 (2).png'],
    ],
  ])('%j become %j', (names, wanted) => expect(uniqueNames(names)).toEqual(wanted));

  it('are as many as before, in their order, no two the same even where letters` case is not told apart', () => {
    const name = fc.tuple(fc.constantFrom('a', 'A', 'a (2)', 'b'), fc.constantFrom('', '.jpg', '.JPG'));
    fc.assert(
      fc.property(
        fc.array(
          name.map((parts) => parts.join('')),
          { maxLength: 30 },
        ),
        (names) => {
          const made = uniqueNames(names);
          expect(made).toHaveLength(names.length);
          const lower = made.map((one) => one.toLowerCase());
          expect(new Set(lower).size).toBe(names.length);
          for (const [k, name] of names.entries()) {
            expect(made[k]!.startsWith(name.split('.')[0]!), `${name} as ${made[k]}`).toBe(true);
            // Only a name that is taken is changed.
            const taken = lower.slice(0, k).includes(name.toLowerCase());
            expect(made[k] === name, `${name} as ${made[k]}`).toBe(!taken);
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('the words of the page', () => {
  const languages = Object.entries(LANGUAGES);
  /** All that a language says, by name; what depends on numbers or names, said of some. */
  const spoken = (words: Words) =>
    Object.fromEntries(
      Object.entries(words).flatMap(([name, value]): [string, string][] => {
        if (typeof value === 'string') return [[name, value]];
        if (typeof value !== 'function')
          return Object.entries(value as Record<string, string>).map(([code, why]) => [
            `${name}.${code}`,
            why,
          ]);
        const say = value as (...given: unknown[]) => string;
        return [0, 1, 2, 89, 90, 7200].map((n) => [`${name}(${n})`, say(n, n, n)]);
      }),
    );

  it('are the same in every language that the page offers', () => {
    const [[, first], ...others] = languages as [[string, Words], ...[string, Words][]];
    expect(others.length).toBeGreaterThan(0);
    for (const [, other] of others)
      expect(Object.keys(spoken(other)).sort()).toEqual(Object.keys(spoken(first)).sort());
    const html = readFileSync(join(PAGE_FOLDER, 'index.html'), 'utf8');
    const offered = [...html.matchAll(/<option value="([^"]+)" lang=/g)].map(([, language]) => language);
    expect(offered.sort()).toEqual(languages.map(([language]) => language).sort());
  });

  it.each(languages)('are all there: %s', (_language, words) => {
    for (const [name, text] of Object.entries(spoken(words))) {
      expect(text.trim(), name).not.toBe('');
      expect(text, name).not.toMatch(/undefined|NaN|\[object/);
    }
  });

  it.each(languages)('say in %s why, whatever the service says', (_language, { reasons }) => {
    for (const code of [...FAILURE_CODES, ...PROBLEM_CODES, 'not-uploaded', 'expired'] as const)
      expect(reasons[code]?.trim(), code).toBeTruthy();
  });

  it.each(languages)('of %s are there for all that stands in the HTML', (_language, words) => {
    const html = readFileSync(join(PAGE_FOLDER, 'index.html'), 'utf8');
    const asked = [...html.matchAll(/data-t="([^"]*)"/g)].map(([, name]) => name!);
    expect(asked.length).toBeGreaterThan(5);
    for (const name of asked) expect(words[name], name).toEqual(expect.any(String));
  });

  it.each([
    [['en'], 'en'],
    [['en-GB', 'zh-CN'], 'en'],
    [['zh-CN', 'en'], 'zh-CN'],
    [['zh'], 'zh-CN'],
    [['ZH-hans-CN'], 'zh-CN'],
    [['zh-SG'], 'zh-CN'],
    // Traditional characters there are none: simplified ones are nearer than English to who asks for them.
    [['zh-TW'], 'zh-CN'],
    [['zh-Hant-HK', 'en'], 'zh-CN'],
    [['en', 'zh-TW'], 'en'],
    [['zha'], 'en'],
    [['yue'], 'en'],
    [['eng'], 'en'],
    [['de-DE', 'de'], 'en'],
    [['de-DE', 'zh-CN', 'en'], 'zh-CN'],
    [['fr', 'en-US', 'zh'], 'en'],
    [[], 'en'],
    [[''], 'en'],
  ])('are for whoever asks for %j in %s', (wanted, language) => {
    expect(languageOf(wanted)).toBe(language);
  });
});

describe('the gate', () => {
  /** Work whose end the test decides. */
  function held(gate: Gate) {
    const began: number[] = [];
    const ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
    let inside = 0;
    let most = 0;
    const enter = (k: number) =>
      gate.through(async () => {
        began.push(k);
        most = Math.max(most, ++inside);
        try {
          await new Promise<void>((resolve, reject) => ends.set(k, { resolve, reject }));
          return k;
        } finally {
          inside--;
        }
      });
    return { began, enter, end: (k: number) => ends.get(k)!, most: () => most };
  }
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };

  it.each([1, 2, 4])('lets %i in at a time, in order', async (places) => {
    const { began, enter, end, most } = held(new Gate(places));
    const all = Array.from({ length: 10 }, (_, k) => enter(k));
    for (let k = 0; k < 10; k++) {
      await settled();
      expect(began).toEqual(Array.from({ length: Math.min(10, places + k) }, (_, n) => n));
      end(k).resolve();
    }
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(most()).toBe(places);
  });

  it('is never fuller than it may be, nor emptier than it could be, whoever comes and goes when', async () => {
    /** Somebody comes; or somebody inside, by their turn, is done or fails. */
    const moves = fc.array(fc.constantFrom('come', 'come', 'first', 'last', 'fail'), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), moves, async (places, all) => {
        const { began, enter, end } = held(new Gate(places));
        const gone = new Set<number>();
        let come = 0;
        for (const move of all) {
          const inside = began.filter((k) => !gone.has(k));
          const who = move === 'last' ? inside.at(-1) : inside[0];
          if (move === 'come') enter(come++).catch(() => undefined);
          else if (who !== undefined) {
            gone.add(who);
            if (move === 'fail') end(who).reject(new Error('torn'));
            else end(who).resolve();
          }
          await settled();
          expect(began).toEqual(Array.from({ length: Math.min(come, gone.size + places) }, (_, k) => k));
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('gives a place on when work is rejected, and says why', async () => {
    const { began, enter, end, most } = held(new Gate(1));
    const [first, second] = [enter(0), enter(1)];
    const why = expect(first).rejects.toThrow('torn');
    await settled();
    end(0).reject(new Error('torn'));
    await why;
    await settled();
    expect(began).toEqual([0, 1]);
    end(1).resolve();
    expect(await second).toBe(1);
    expect(most()).toBe(1);
  });

  it('gives a place on when work throws at once', async () => {
    const gate = new Gate(1);
    const thrown = gate.through(() => {
      throw new Error('at once');
    });
    await expect(thrown).rejects.toThrow('at once');
    expect(await gate.through(async () => 'in')).toBe('in');
  });

  it('lets in at once whoever comes when it is empty again', async () => {
    const { began, enter, end } = held(new Gate(2));
    for (let k = 0; k < 6; k++) {
      const one = enter(k);
      await settled();
      expect(began.at(-1)).toBe(k);
      end(k).resolve();
      await one;
    }
  });
});

describe('a token is for a client', () => {
  const token = (claims: unknown) =>
    ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');

  it.each<[how: string, text: string | undefined, wanted: boolean]>([
    ['its audience', token({ aud: 'page' }), true],
    ['one of its audiences', token({ aud: ['other', 'page'] }), true],
    ['its client, for want of an audience', token({ client_id: 'page' }), true],
    ['both', token({ aud: 'page', client_id: 'other' }), true],
    ['its client, but not its audience', token({ aud: 'other', client_id: 'page' }), false],
    ['its client, but none of its audiences', token({ aud: [], client_id: 'page' }), false],
    ['another audience', token({ aud: 'pages' }), false],
    ['neither', token({ sub: 'page' }), false],
    ['no object', token(null), false],
    ['a number', token(7), false],
    ['beyond ASCII', token({ aud: 'page', name: 'Jürgen 照片' }), true],
    ['with what base64url has of its own', token({ aud: 'page', x: '???>>>~~~' }), true],
    ['opaque', 'opaque', false],
    ['two parts, of which the second is nothing', 'e30.', false],
    ['not base64', 'a.!!!.c', false],
    ['not JSON', `a.${Buffer.from('{').toString('base64url')}.c`, false],
    ['empty', '', false],
    ['absent', undefined, false],
  ])('%s', (_how, text, wanted) => expect(isFor(text, 'page')).toBe(wanted));
});

const PAGE_FOLDER = join(import.meta.dirname, '..', '..', '..', 'lambda', 'gateway', 'page');

describe('the files of the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-page-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(PAGE_FOLDER, 'index.html'), join(folder, 'index.html'));
  copyFileSync(join(PAGE_FOLDER, 'icon.svg'), join(folder, 'icon.svg'));
  writeFileSync(join(folder, 'app.js'), 'console.log("照片");\n'.repeat(50));
  writeFileSync(join(folder, 'style.css'), 'p { color: red }');

  const odd = "</script><script>alert('$&')</script><!-- $1 $` \u2028 \"";
  const settings: PageSettings = {
    maxUploadBytes: 25_000_000,
    chromaSize: 512,
    signIn: {
      authorizationEndpoint: 'https://issuer.example/authorize?a=1&b=2',
      tokenEndpoint: 'https://issuer.example/token',
      clientId: odd,
    },
  };
  let facts: () => Promise<PageFacts>;
  let page: Page;
  beforeEach(() => {
    facts = () =>
      Promise.resolve({ settings, connect: ['https://photos.example', 'https://issuer.example'] });
    page = new Page(folder, () => facts());
  });
  const get = async (name: string, headers: Record<string, string> = {}) => {
    const response = await page.answer(name, requestOf(eventOf(`GET /${name}`, { headers })));
    if (!response) throw new Error(`no ${name}`);
    return response;
  };
  const bytes = ({ body, isBase64Encoded }: Response) =>
    Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');

  it.each([
    ['index.html', 'text/html; charset=utf-8'],
    ['app.js', 'text/javascript; charset=utf-8'],
    ['style.css', 'text/css; charset=utf-8'],
    ['icon.svg', 'image/svg+xml'],
  ])('%s is %s', async (name, type) => {
    const response = await get(name);
    expect(response).toMatchObject({ statusCode: 200, headers: { 'content-type': type } });
    if (name !== 'index.html') expect(bytes(response)).toEqual(readFileSync(join(folder, name)));
  });

  it('tell the page what this stage does, whatever stands in it', async () => {
    const html = bytes(await get('index.html')).toString();
    const scripts = [...html.matchAll(/<script[^>]*id="settings"[^>]*>([^]*?)<\/script>/g)];
    expect(scripts).toHaveLength(1);
    expect(JSON.parse(scripts[0]![1]!)).toEqual(settings);
    // And nothing else of the page is another than before.
    const before = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(html.replace(scripts[0]![1]!, () => '')).toBe(before.replace(/(id="settings"[^>]*>)[^<]*/, '$1'));
  });

  it('may talk to the bucket and the issuer, and run nothing that is not theirs', async () => {
    const policy = (await get('index.html')).headers['content-security-policy'] ?? '';
    const rules = new Map(
      policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]),
    );
    expect(rules.get('default-src')).toBe("'none'");
    expect(rules.get('script-src')).toBe("'self'");
    expect(rules.get('connect-src')).toBe("'self' https://photos.example https://issuer.example");
    expect(rules.get('frame-ancestors')).toBe("'none'");
    expect(policy).not.toContain('unsafe');
  });

  it.each([
    [undefined, false],
    ['', false],
    ['identity', false],
    ['br, deflate', false],
    ['gzip;q=0', false],
    ['gzip; q=0.000, br', false],
    ['x-gzip-not', false],
    ['gzip', true],
    ['GZIP', true],
    ['gzip, deflate, br, zstd', true],
    ['br;q=1.0, gzip;q=0.5', true],
    ['deflate,gzip;q=1', true],
  ])('come compressed to whoever says "%s": %s', async (accepted, zipped) => {
    const response = await get('app.js', accepted === undefined ? {} : { 'Accept-Encoding': accepted });
    expect(response.headers['content-encoding']).toBe(zipped ? 'gzip' : undefined);
    expect(response.headers.vary).toBe('accept-encoding');
    const body = zipped ? gunzipSync(bytes(response)) : bytes(response);
    expect(body).toEqual(readFileSync(join(folder, 'app.js')));
  });

  it('are not sent again to whoever has them', async () => {
    for (const name of ['index.html', 'app.js']) {
      const { etag = '' } = (await get(name)).headers;
      expect(etag).toMatch(/^"[^"]+"$/);
      const again = await get(name, { 'if-none-match': etag, 'accept-encoding': 'gzip' });
      expect(again).toMatchObject({ statusCode: 304, body: '', headers: { etag } });
      expect((await get(name, { 'if-none-match': '"other"' })).statusCode).toBe(200);
    }
    const tags = await Promise.all(
      ['index.html', 'app.js'].map(async (one) => (await get(one)).headers.etag),
    );
    expect(new Set(tags).size).toBe(2);
  });

  it('are others once the stage`s settings are others', async () => {
    const before = (await get('index.html')).headers.etag;
    facts = () => Promise.resolve({ settings: { ...settings, maxUploadBytes: 1 }, connect: [] });
    page = new Page(folder, () => facts());
    const { headers, statusCode } = await get('index.html', { 'if-none-match': before! });
    expect(statusCode).toBe(200);
    expect(headers.etag).not.toBe(before);
    expect(headers['content-security-policy']).toContain("connect-src 'self';");
  });

  it('come as soon as the issuer answers again', async () => {
    const works = facts;
    facts = () => Promise.reject(new Error('the issuer is away'));
    await expect(get('index.html')).rejects.toThrow('the issuer is away');
    facts = works;
    expect((await get('index.html')).statusCode).toBe(200);
    facts = () => Promise.reject(new Error('asked again'));
    expect((await get('app.js')).statusCode).toBe(200);
  });

  it('are at their addresses, the first at / as well, and a file that was not built at none', async () => {
    const gateway = memoryGateway(0, { folder });
    const status = async (path: string) =>
      (await respond(requestOf(eventOf(`GET ${path}`)), gateway)).statusCode;
    for (const path of ['/', '/index.html', '/app.js', '/style.css', '/icon.svg'])
      expect(await status(path), path).toBe(200);
    expect(PAGE_FILES).toContain('studio.js');
    for (const path of ['/studio.js', '/../package.json', '/app.ts', '/%2e%2e/package.json'])
      expect(await status(path), path).toBe(404);
  });

  it('are none at all where there is no folder', async () => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    const gateway = memoryGateway(0, { folder: join(folder, 'empty') });
    const response = await respond(requestOf(eventOf('GET /')), gateway);
    expect(response.statusCode).toBe(404);
  });
});
