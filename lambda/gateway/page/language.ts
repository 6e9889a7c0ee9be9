/** The page's current language, and preferences in local storage. */
import type { OptionText } from '../../../contract/photo-option.ts';
import type { Texts } from './texts.ts';
import { english } from './texts-en.ts';
import { chinese } from './texts-zh.ts';

export const LANGUAGES: Record<string, Texts> = { en: english, 'zh-CN': chinese };

/**
 * The first supported language of a browser. Traditional Chinese gets simplified Chinese, as in Unicode's language matching.
 *
 * @param preferred `navigator.languages`
 */
export function languageOf(preferred: readonly string[]): string {
  for (const language of preferred) {
    if (/^zh($|-)/i.test(language)) return 'zh-CN';
    if (/^en($|-)/i.test(language)) return 'en';
  }
  return 'en';
}

const KEY = 'language';
let current = 'en';

export const language = (): string => current;

export const texts = (): Texts => LANGUAGES[current]!;

/** The stored preference, or else the browser's language. */
export function initialLanguage(): string {
  const stored = readPreference(KEY);
  return stored !== null && Object.hasOwn(LANGUAGES, stored) ? stored : languageOf(navigator.languages);
}

/** Sets the text of every element with `data-text`. */
export function setLanguage(language: string): void {
  current = language;
  storePreference(KEY, language);
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll<HTMLElement>('[data-text]')) {
    const text = texts()[node.dataset.text ?? ''];
    if (typeof text === 'string') node.textContent = text;
  }
}

/** Storage can be disabled; preferences are then lost. */
export function readPreference(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function storePreference(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // See readPreference.
  }
}

/** Words of the service in the current language. */
export const inLanguage = (text: OptionText): string => text[current as keyof OptionText] ?? text.en;

/** In hours, where it is a whole number of them, or else in minutes. */
export function formatDeadline(seconds: number): string {
  const isHours = seconds % 3600 === 0;
  const unit = isHours ? 'hour' : 'minute';
  const value = isHours ? seconds / 3600 : Math.ceil(seconds / 60);
  return new Intl.NumberFormat(current, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}

/** Bytes with a decimal unit, as in file managers. */
export function formatBytes(count: number): string {
  const [value, unit] =
    count < 1e3
      ? ([count, 'byte'] as const)
      : count < 1e6
        ? ([count / 1e3, 'kilobyte'] as const)
        : ([count / 1e6, 'megabyte'] as const);
  const digits = value < 10 && unit === 'megabyte' ? 1 : 0;
  return new Intl.NumberFormat(current, { style: 'unit', unit, maximumFractionDigits: digits }).format(value);
}
