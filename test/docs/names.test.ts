/** Names in the reference pages exist in the code, and the code has no name that its page leaves out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALARM_IDS, COMPOSITE_IDS } from '../../contract/alarms.ts';
import { FAILURE_CODES } from '../../contract/failure.ts';
import { METRICS } from '../../contract/names.ts';
import { BOOT_PHASES } from '../../contract/panels.ts';
import { PROBLEM_CODES } from '../../contract/photo-types.ts';
import { REASONS } from '../../contract/reasons.ts';
import { firstCells, PAGES, prose, read, ROOT, section } from './pages.ts';

/** Names in single quotes in what a pattern captures in the TypeScript files of a folder. */
const namesIn = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('page/'))
    .flatMap((file) => [...readFileSync(join(ROOT, folder, file), 'utf8').matchAll(pattern)])
    .flatMap(([, found = '']) => [...found.matchAll(/'([a-z-]+)'/g)].map(([, name = '']) => name));

/** The second argument of the worker's `log`, or both of a choice. */
const WORKER_EVENT = /\blog\(\s*[^,;]+,\s*('[a-z-]+'|[^,;()]+\? '[a-z-]+' : '[a-z-]+')/g;
/** The field `message` of the functions' log lines, or both of a choice. */
const FUNCTION_EVENT = /\bmessage: ('[a-z]+-[a-z-]+'|\w+ \? '[a-z-]+' : '[a-z-]+')/g;

describe.each<[what: string, page: string, heading: string, names: readonly string[]]>([
  [
    'metrics of the scaler and the worker',
    'docs/metrics.md',
    'Scaler|Worker|GPU|Probe|Events of outcomes|Webhooks',
    Object.values(METRICS),
  ],
  ['alarms', 'docs/metrics.md', 'Alarms', [...ALARM_IDS, ...COMPOSITE_IDS]],
  ['reasons', 'docs/metrics.md', 'Reasons', REASONS],
  ['failure codes', 'docs/bucket.md', 'Failure record', FAILURE_CODES],
  ['error codes of the API', 'docs/http-api.md', 'Error codes', PROBLEM_CODES],
  ['boot phases', 'docs/image-contents.md', 'Boot phases', BOOT_PHASES],
  ['log events of the worker', 'docs/log-events.md', 'Worker|Journal', namesIn('worker', WORKER_EVENT)],
  ['log events of the scaler', 'docs/log-events.md', 'Scaler', namesIn('lambda/scaler', FUNCTION_EVENT)],
  ['log events of the probe', 'docs/log-events.md', 'Probe', namesIn('lambda/probe', FUNCTION_EVENT)],
  [
    'log events of the events’ function',
    'docs/log-events.md',
    'Events of outcomes|Webhooks',
    namesIn('lambda/outcome-events', FUNCTION_EVENT),
  ],
  ['log events of the gateway', 'docs/log-events.md', 'Gateway', namesIn('lambda/gateway', FUNCTION_EVENT)],
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
