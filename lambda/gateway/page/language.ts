/** The language that the page speaks now. */
import { LANGUAGES, languageOf, type Texts } from './texts.ts';

const KEY = 'language';
let current = 'en';

export const texts = (): Texts => LANGUAGES[current] ?? LANGUAGES.en!;

/** The one that was chosen here before, else the browser's. */
export function initialLanguage(): string {
  const kept = remembered(KEY);
  return kept !== null && kept in LANGUAGES ? kept : languageOf(navigator.languages);
}

/** Writes all that stands in the page's HTML anew. */
export function setLanguage(language: string): void {
  current = language;
  remember(KEY, language);
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll<HTMLElement>('[data-t]')) {
    const text = texts()[node.dataset.t ?? ''];
    if (typeof text === 'string') node.textContent = text;
  }
}

/** Storage can be switched off; the page does without it. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Chosen again next time.
  }
}

/** Bytes for people, in units of a thousand as file managers have them. */
export function bytes(count: number): string {
  const [value, unit] =
    count < 1e3
      ? ([count, 'byte'] as const)
      : count < 1e6
        ? ([count / 1e3, 'kilobyte'] as const)
        : ([count / 1e6, 'megabyte'] as const);
  const digits = value < 10 && unit === 'megabyte' ? 1 : 0;
  return new Intl.NumberFormat(current, { style: 'unit', unit, maximumFractionDigits: digits }).format(value);
}
