/** The import rules as tables: layers, allowed packages, and no cycles. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cycle, graphOf, importsOf, parsedOnce } from './support/imports.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** Top first. A file imports from its own room and from the layers below; rooms of one layer do not import each other. */
const LAYERS = [
  ['tools'],
  ['local'],
  ['cli'],
  ['bin', 'examples'],
  ['lib', 'sim'],
  [
    'ami',
    'lambda/gateway',
    'lambda/origin-secret',
    'lambda/outcome-events',
    'lambda/probe',
    'lambda/scaler',
    'lambda/suspend-processes',
    'worker',
  ],
  ['client'],
  ['contract', 'colour', 'common'],
];

const CDK = '^(aws-cdk-lib|constructs)(/|$)';
const NODE = '^node:';
const AWS = '^@(aws-sdk|smithy)/';
const any = (...sources: string[]) => new RegExp(sources.join('|'));

interface Rule {
  files: RegExp;
  /** What these files may import: own files as `./path` from the root, packages by name. */
  may: RegExp;
  /** Further imports that are allowed as types only. */
  mayAsTypes?: RegExp;
}

/** Narrower than the layers, for code that must stay small, run in a browser or stay pure. The first match applies. */
const RULES: Rule[] = [
  { files: /^contract\//, may: any('^\\./contract/', '^zod$', '^node:crypto$') },
  { files: /^colour\//, may: any('^\\./colour/') },
  {
    // Runs in browsers: plain values of the contract; the schemas as types only.
    files: /^client\//,
    may: any('^\\./client/', '^\\./contract/(file-name|photo-types)\\.ts$'),
    mayAsTypes: /^\.\/contract\//,
  },
  {
    // The rule that sizes the fleet is pure: its own files, and reasons, settings and counters of the contract.
    files: /^lambda\/scaler\/policy/,
    may: any('^\\./lambda/scaler/policy', '^\\./contract/(reasons|policy|workflow-counters)\\.ts$'),
  },
  {
    // Runs in browsers.
    files: /^lambda\/gateway\/page\/(?!build\.ts$)/,
    may: any(
      '^\\./lambda/gateway/page/',
      '^\\./contract/(file-name|offered-workflow|page|photo-option|photo-types|workflow-names)\\.ts$',
      '^\\./(client|colour)/',
      '^client-zip$',
    ),
    mayAsTypes: /^\.\/contract\//,
  },
  { files: /^lambda\/gateway\/page\/build\.ts$/, may: any('^esbuild$', NODE) },
  {
    files: /^lambda\//,
    may: any(
      '^\\./(lambda|contract)/',
      '^\\./common/(custom-resource|public-address|sha256|time)\\.ts$',
      '^zod$',
      AWS,
      NODE,
    ),
    mayAsTypes: /^aws-lambda$/,
  },
  { files: /^worker\/bundle\.ts$/, may: any('^esbuild$', NODE) },
  {
    files: /^worker\//,
    may: any('^\\./(worker|contract|colour|common)/', '^zod$', AWS, '^sharp$', '^lcms-wasm$', '^tsx/', NODE),
  },
  {
    // Constructs bundle run-time code; they import no more than its types.
    files: /^lib\//,
    may: any('^\\./(lib|contract)/', CDK, '^zod$', NODE),
    mayAsTypes: /^(\.\/(lambda|worker)\/|esbuild$)/,
  },
  // An app that uses the package.
  { files: /^examples\//, may: any('^\\./lib/index\\.ts$', '^ddcolor-elastic$', '^cdk-nag$', CDK, NODE) },
  { files: /^bin\//, may: any('^\\./(bin|lib|contract)/', '^cdk-nag$', CDK, NODE) },
  {
    // The simulator runs the deployed rule and none of its AWS adapters.
    files: /^sim\//,
    may: any(
      '^\\./(?!lambda/scaler/(aws|handler)|lib/)',
      '^zod$',
      '^tsx/',
      '^csv-parse/',
      '^commander$',
      NODE,
    ),
  },
  {
    // Commands of the package: no CDK but for deploy-role, which is loaded when it is called, and of the scaler the types of its memory and its pure rule.
    files: /^cli\//,
    may: any(
      '^\\./(?!lambda/scaler/(aws|handler)|lib/(?!stage/|deploy-role\\.ts))',
      '^(zod|sharp|commander|undici)$',
      AWS,
      NODE,
    ),
  },
];

const SOURCE = /\.[mc]?[jt]sx?$/;
const ROOMS = LAYERS.flat();
const FOLDERS = [...new Set(ROOMS.map((room) => room.split('/')[0] as string))];

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && SOURCE.test(path) && !path.includes('node_modules')) yield relative(ROOT, path);
  }
}

/** Files that import what is known only at run time; the rules cannot see it. */
const COMPUTED = [
  'cli/main.mjs',
  'common/bootstrap.mjs',
  'tools/bench/invoke.mjs',
  'tools/pipeline/checkout.ts',
];

const roomOf = (file: string) => ROOMS.find((room) => file.startsWith(`${room}/`));
const layerOf = (room: string) => LAYERS.findIndex((rooms) => rooms.includes(room));

/** What is wrong with the imports of one file, a line each. */
function broken(file: string, text: string): string[] {
  const room = roomOf(file);
  if (room === undefined) return [`${file}: in no room of LAYERS`];
  const rule = RULES.find(({ files }) => files.test(file));
  return importsOf(file, text).flatMap(({ target, typeOnly }) => {
    if (target.startsWith('./')) {
      const other = roomOf(target.slice(2));
      if (other === undefined) return [`${file} imports ${target}, which is in no room`];
      if (other !== room && layerOf(other) <= layerOf(room)) {
        return [`${file} imports ${target}: ${room}/ is not above ${other}/`];
      }
    }
    const allowed = !rule || rule.may.test(target) || (typeOnly && rule.mayAsTypes?.test(target));
    return allowed ? [] : [`${file} imports ${target}: not in the table of RULES`];
  });
}

const texts = new Map(
  FOLDERS.flatMap((folder) =>
    [...sources(folder)].map((file): [string, string] => [file, readFileSync(join(ROOT, file), 'utf8')]),
  ),
);

describe('imports', () => {
  it.each(ROOMS)('of %s/ point down', (room) => {
    const own = [...texts].filter(([file]) => roomOf(file) === room);
    expect(own.length).toBeGreaterThan(0);
    expect(own.flatMap(([file, text]) => broken(file, text))).toEqual([]);
  });

  it('form no cycle', () => {
    expect(cycle(graphOf(texts))?.join(' -> ')).toBeUndefined();
  });

  it('name what they import, except in a few files', () => {
    const computed = [...texts].filter(([file, text]) => parsedOnce(file, text).computed);
    expect(computed.map(([file]) => file).sort()).toEqual(COMPUTED);
  });

  it('name files that exist', () => {
    const missing = [...graphOf(texts)].flatMap(([file, targets]) =>
      targets
        .filter((target) => SOURCE.test(target) && !target.includes('/vendor/') && !texts.has(target))
        .map((target) => `${file}: ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('the rules reject', () => {
  it.each([
    ['contract/keys.ts', "import { S3Client } from '@aws-sdk/client-s3';"],
    ['contract/names.ts', "const late = await import('@aws-sdk/client-s3');"],
    ['contract/keys.ts', "import { UserError } from '../common/errors.ts';"],
    ['colour/merge.ts', "import { setImmediate } from 'node:timers/promises';"],
    ['client/api.ts', "import { createdPhotoSchema } from '../contract/photo-api.ts';"],
    ['client/api.ts', "import { createHash } from 'node:crypto';"],
    ['client/api.ts', "import 'sharp';"],
    ['common/errors.ts', "import { main } from '../cli/commands.ts';"],
    ['cli/colour/run.ts', "import { findPhotos } from '../../local/run/photos.ts';"],
    ['cli/colour/run.ts', "import { review } from '../../tools/pipeline/review.ts';"],
    ['cli/colour/run.ts', "import { GpuFleet } from '../../lib/gpu-fleet.ts';"],
    ['lambda/scaler/policy/decide.ts', "import { z } from 'zod';"],
    ['lambda/scaler/tick.ts', "import { x } from '../../worker/photo/receive-loop.ts';"],
    ['lambda/gateway/photos.ts', "import { decide } from '../scaler/policy/decide.ts';"],
    ['worker/photo/receive-loop.ts', "import { decide } from '../../lambda/scaler/policy/decide.ts';"],
    ['worker/photo/receive-loop.ts', "import type { Reason } from '../../lambda/scaler/policy/decide.ts';"],
    ['worker/photo/receive-loop.ts', "import { command } from '../../cli/commands.ts';"],
    ['lib/backlog-scaler.ts', "import { decide } from '../lambda/scaler/policy/decide.ts';"],
    ['lib/stage.ts', "import { run } from '../sim/engine/simulate.ts';"],
    ['sim/world.ts', "import { portsOn } from '../lambda/scaler/aws/ports-on.ts';"],
    ['worker/bundle.ts', 'const late = () => import(`../lambda/scaler/tick.ts`);'],
    ['worker/photo/a.ts', "const late = () => import('../../lambda/scaler/tick.ts', {});"],
    ['worker/photo/a.ts', "import tick = require('../../lambda/scaler/tick.ts');"],
    ['worker/photo/a.ts', "import {\n  // the worker's\n  tick,\n} from '../../lambda/scaler/tick.ts';"],
    ['worker/photo/a.js', "export * from '../../lambda/scaler/tick.ts';"],
    ['worker/photo/a.ts', "type Tick = import('../../lambda/scaler/tick.ts').Tick;"],
    ['local/run/watch.ts', "import { main } from '../../tools/chaos/main.ts';"],
  ])('%s with %s', (file, text) => {
    expect(broken(file, text)).toHaveLength(1);
  });

  it('a cycle of three files, and name its files', () => {
    const files = new Map([
      ['sim/d.ts', "import './a.ts';"],
      ['sim/a.ts', "import { b } from './b.ts';"],
      ['sim/b.ts', "export type { C } from './c.ts';"],
      ['sim/c.ts', "const late = () => import('./a.ts');"],
    ]);
    expect(cycle(graphOf(files))).toEqual(['sim/a.ts', 'sim/b.ts', 'sim/c.ts', 'sim/a.ts']);
  });
});

it('a construct may import a type from run-time code', () => {
  expect(
    broken('lib/stage.ts', "import type { Decision } from '../lambda/scaler/policy/decide.ts';"),
  ).toEqual([]);
});
