/** What the page says: all of it in each language, and for each reason. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAILURE_CODES } from '../../../../contract/failure.ts';
import { PROBLEM_CODES } from '../../../../contract/photo-types.ts';
import { languageOf, LANGUAGES, type Texts } from '../../../../lambda/gateway/page/texts.ts';

const PAGE_FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'lambda', 'gateway', 'page');

describe('the words of the page', () => {
  const languages = Object.entries(LANGUAGES);
  /** All that a language says, by name; what depends on numbers or names, said of some. */
  const spoken = (words: Texts) =>
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
    const [[, first], ...others] = languages as [[string, Texts], ...[string, Texts][]];
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
