/** Reads the Markdown pages of the repository for the tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..', '..');

/** All pages, by their path from the root. */
export const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => `examples/${name}`),
].sort();

export const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

const FENCE = /^```(\w*)\n([^]*?)^```$/gm;

/** Fenced code blocks with their language. */
export const codeBlocks = (text: string): { language: string; code: string }[] =>
  [...text.matchAll(FENCE)].map(([, language = '', code = '']) => ({ language, code }));

/** The text without its code blocks, where # and [ have other meanings. */
export const prose = (text: string): string => text.replace(FENCE, '');

/** The anchor that GitHub makes of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[`*]|\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

export const anchors = (text: string): Set<string> =>
  new Set([...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading.trim())));

export interface Link {
  /** As written in the page. */
  target: string;
  /** From the root of the repository; undefined for a web address. */
  path: string | undefined;
  anchor: string | undefined;
}

export const links = (page: string, text: string): Link[] =>
  [...prose(text).matchAll(/!?\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return { target, path: undefined, anchor: undefined };
    const [file = '', anchor] = target.split('#');
    return { target, path: file === '' ? page : normalize(join(dirname(page), file)), anchor };
  });

/** The text below a heading, up to the next one of any level. */
export const section = (page: string, heading: string): string =>
  read(page)
    .split(/^#+ /m)
    .find((part) => part.startsWith(`${heading}\n`)) ?? '';

/** Code spans in the first cell of each row of the tables in a text. */
export const firstCells = (text: string): string[] =>
  [...text.matchAll(/^\| ([^|]*`[^|]*) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name),
  );
