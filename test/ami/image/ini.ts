/** Parses the part of systemd's syntax that our units use: sections, repeated keys, comments, continued lines. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const SYSTEMD = join(import.meta.dirname, '../../../ami/systemd');

export class Unit {
  private readonly values = new Map<string, string[]>();

  constructor(text: string) {
    let section = '';
    for (const line of text.replace(/\\\n\s*/g, '').split('\n')) {
      if (/^\s*([#;]|$)/.test(line)) continue;
      const head = /^\[(.+)\]$/.exec(line);
      if (head) {
        section = head[1] ?? '';
        continue;
      }
      const at = line.indexOf('=');
      if (at < 0) throw new Error(`not a setting: '${line}'`);
      const key = `${section}.${line.slice(0, at)}`;
      this.values.set(key, [...(this.values.get(key) ?? []), line.slice(at + 1)]);
    }
  }

  /** @param key for example `Service.Type`; the last one counts */
  get(key: string): string | undefined {
    return this.values.get(key)?.at(-1);
  }

  /** All words of all its lines. */
  words(key: string): string[] {
    return (this.values.get(key) ?? []).flatMap((value) => value.split(/\s+/)).filter((word) => word !== '');
  }
}

export const readUnit = (name: string) => new Unit(readFileSync(join(SYSTEMD, name), 'utf8'));
