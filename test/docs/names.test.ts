/** Names in the reference pages exist in the code, and the code has no name that its page leaves out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALARM_IDS } from '../../contract/alarms.ts';
import { FAILURE_CODES } from '../../contract/failure.ts';
import { METRICS } from '../../contract/names.ts';
import { BOOT_PHASES } from '../../contract/panels.ts';
import { PROBLEM_CODES } from '../../contract/photo-types.ts';
import { REASONS } from '../../contract/reasons.ts';
import { firstCells, PAGES, prose, read, ROOT, section } from './pages.ts';

/** Events that the worker's code logs: the second argument of `log`, or both of a choice. */
function workerEvents(): string[] {
  const files = readdirSync(join(ROOT, 'worker'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const code = readFileSync(join(ROOT, 'worker', file), 'utf8');
      const calls = code.matchAll(/\blog\(\s*[^,;]+,\s*('[a-z-]+'|[^,;()]+\? '[a-z-]+' : '[a-z-]+')/g);
      return [...calls].flatMap(([, event = '']) => [...event.matchAll(/'([a-z-]+)'/g)]);
    })
    .map(([, event = '']) => event);
}

describe.each<[what: string, page: string, heading: string, names: readonly string[]]>([
  ['metrics of the scaler and the worker', 'docs/metrics.md', 'Scaler|Worker', Object.values(METRICS)],
  ['alarms', 'docs/metrics.md', 'Alarms', ALARM_IDS],
  ['reasons', 'docs/metrics.md', 'Reasons', REASONS],
  ['failure codes', 'docs/bucket.md', 'Failure record', FAILURE_CODES],
  ['error codes of the API', 'docs/http-api.md', 'Error codes', PROBLEM_CODES],
  ['boot phases', 'docs/image-contents.md', 'Boot phases', BOOT_PHASES],
  ['log events of the worker', 'docs/log-events.md', 'Worker', workerEvents()],
])('%s', (_what, page, heading, names) => {
  it(`are those of ${page}`, () => {
    const documented = heading.split('|').flatMap((title) => firstCells(section(page, title)));
    expect([...new Set(documented)].sort()).toEqual([...new Set(names)].sort());
  });
});

const ROOMS =
  /^(?:ami|bin|cli|client|colour|common|contract|docs|examples|lambda|lib|local|sim|test|tools|worker|\.github)\//;

/** The changelog names files of earlier versions. */
const CURRENT = PAGES.filter((page) => page !== 'CHANGELOG.md');

describe.each(CURRENT)('%s', (page) => {
  const spans = [...prose(read(page)).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);

  it('names files that exist', () => {
    const files = spans.filter((span) => ROOMS.test(span) && !/[*<>{} ]|…/.test(span));
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('names systemd units that the image has', () => {
    const units = [...read(page).matchAll(/journalctl -u ([\w-]+)|`([\w-]+)\.service`/g)].map(
      ([, log, unit]) => log ?? unit,
    );
    expect(units.filter((unit) => !existsSync(join(ROOT, 'ami', 'systemd', `${unit}.service`)))).toEqual([]);
  });
});

it('docs/worker.md names tests of the worker that exist', () => {
  const rows = section('docs/worker.md', 'Common faults of such workers').split('\n');
  const tests = rows.flatMap((row) => [...(row.split('|').at(-2) ?? '').matchAll(/`([a-z-]+)`/g)]);
  expect(tests.length).toBeGreaterThan(10);
  expect(tests.filter(([, name]) => !existsSync(join(ROOT, 'test', 'worker', `${name}.test.ts`)))).toEqual(
    [],
  );
});
