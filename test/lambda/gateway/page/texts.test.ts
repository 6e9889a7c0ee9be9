/** Texts of the page: complete in every language. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAILURE_CODES } from '../../../../contract/failure.ts';
import { PROBLEM_CODES } from '../../../../contract/photo-types.ts';
import { errorText } from '../../../../lambda/gateway/page/card-error.ts';
import { languageOf, LANGUAGES } from '../../../../lambda/gateway/page/language.ts';
import type { ErrorCode, Texts } from '../../../../lambda/gateway/page/texts.ts';

const PAGE_FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'lambda', 'gateway', 'page');

describe('texts of the page', () => {
  const languages = Object.entries(LANGUAGES);
  /** All texts of a language by name; functions with sample arguments. */
  const samples = (words: Texts) =>
    Object.fromEntries(
      Object.entries(words).flatMap(([name, value]): [string, string][] => {
        if (typeof value === 'string') return [[name, value]];
        if (typeof value !== 'function')
          return Object.entries(value as Record<string, string>).map(([code, text]) => [
            `${name}.${code}`,
            text,
          ]);
        const render = value as (...args: unknown[]) => string;
        return [0, 1, 2, 89, 90, 7200].map((n) => [`${name}(${n})`, render(n, n, n)]);
      }),
    );

  it('have the same names in every language that the page offers', () => {
    const [[, first], ...others] = languages as [[string, Texts], ...[string, Texts][]];
    expect(others.length).toBeGreaterThan(0);
    for (const [, other] of others)
      expect(Object.keys(samples(other)).sort()).toEqual(Object.keys(samples(first)).sort());
    const html = readFileSync(join(PAGE_FOLDER, 'index.html'), 'utf8');
    const offered = [...html.matchAll(/<option value="([^"]+)" lang=/g)].map(([, language]) => language);
    expect(offered.sort()).toEqual(languages.map(([language]) => language).sort());
  });

  it.each(languages)('are not empty: %s', (_language, words) => {
    for (const [name, text] of Object.entries(samples(words))) {
      expect(text.trim(), name).not.toBe('');
      expect(text, name).not.toMatch(/undefined|NaN|\[object/);
    }
  });

  it.each(languages)('%s has a text for every error code', (_language, { errors }) => {
    for (const code of [...FAILURE_CODES, ...PROBLEM_CODES, 'not-uploaded', 'expired'] as const)
      expect(errors[code]?.trim(), code).toBeTruthy();
  });

  it.each(languages)('%s has a text for every data-text of the HTML', (_language, words) => {
    const html = readFileSync(join(PAGE_FOLDER, 'index.html'), 'utf8');
    const names = [...html.matchAll(/data-text="([^"]*)"/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(words[name], name).toEqual(expect.any(String));
  });

  it.each([
    [['en'], 'en'],
    [['en-GB', 'zh-CN'], 'en'],
    [['zh-CN', 'en'], 'zh-CN'],
    [['zh'], 'zh-CN'],
    [['ZH-hans-CN'], 'zh-CN'],
    [['zh-SG'], 'zh-CN'],
    // Traditional Chinese gets simplified Chinese.
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
  ])('preferred %j selects %s', (preferred, language) => {
    expect(languageOf(preferred)).toBe(language);
  });
});

/** A service may send any code: of a newer version, or the name of a method that every object has. */
describe.each(['a-newer-code', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'])(
  'the unknown code %s',
  (code) => {
    const error = code as ErrorCode;
    it.each([
      ['The stage is closed.', 'The stage is closed.'],
      ['', 'an unknown reason. Try again.'],
      ['a\u202eb\u001b[2J', 'a\\u202eb\\u001b[2J'],
      ['x'.repeat(1000), 'x'.repeat(200)],
    ])('with the message %j', (detail, text) => expect(errorText({ error, detail })).toBe(text));
  },
);
