/** The import rules, as a table: which folder may import what. The table is their documentation. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const FOLDERS = [
  'bin',
  'lib',
  'lambda',
  'contract',
  'colour',
  'client',
  'cli',
  'ami',
  'sim',
  'local',
  'examples',
];

interface Rule {
  /** Files the rule speaks of. */
  files: RegExp;
  /** What they may import: folders of ours (as path prefixes) and packages. */
  may: RegExp;
  /** What they may import as types only, beyond that. */
  mayAsTypes?: RegExp;
}

const CDK = /^(aws-cdk-lib|constructs)(\/|$)/.source;
const NODE = /^node:/.source;
const any = (...sources: string[]) => new RegExp(sources.join('|'));

const RULES: Rule[] = [
  { files: /^contract\//, may: any('^\\./contract/', '^zod$', '^node:crypto$') },
  // What a worker and a browser both do with pixels.
  { files: /^colour\//, may: any('^\\./colour/') },
  {
    // Runs in browsers: of the contract, the plain values; the schemas as types only.
    files: /^client\//,
    may: any('^\\./client/', '^\\./contract/photo-types\\.ts$'),
    mayAsTypes: /^\.\/contract\//,
  },
  {
    // For people on their own machines: of the run on this one, what any command needs; of the scaler, what it remembers;
    // of a stage, its values.
    files: /^cli\//,
    may: any(
      '^\\./cli/',
      '^\\./client/',
      '^\\./contract/',
      '^\\./colour/',
      '^\\./bin/stages\\.ts$',
      '^\\./lib/(config|spending)\\.ts$',
      '^\\./lambda/scaler/(memory|policy-controls|policy-price|policy-slo|run)\\.ts$',
      '^\\./local/(ensure\\.mjs|processes\\.ts|run/(progress|running)\\.ts)$',
      '^zod$',
      '^sharp$',
      '^@aws-sdk/',
      '^@smithy/signature-v4$',
      NODE,
    ),
    mayAsTypes: /^\.\/lambda\/scaler\/(tick|policy[^/]*)\.ts$/,
  },
  { files: /^lambda\/scaler\/policy[^/]*\.ts$/, may: any('^\\./lambda/scaler/policy[^/]*\\.ts$') },
  {
    files: /^lambda\/scaler\//,
    may: any('^\\./lambda/scaler/', '^\\./contract/', '^zod$', '^@aws-sdk/', '^@smithy/', '^@types/', NODE),
    mayAsTypes: /^aws-lambda$/,
  },
  {
    // Runs in browsers: what they have of ours is plain, and of others one small package.
    files: /^lambda\/gateway\/page\/(?!build\.ts$)/,
    may: any(
      '^\\./lambda/gateway/page/',
      '^\\./contract/(page|photo-types)\\.ts$',
      '^\\./client/',
      '^\\./colour/',
      '^client-zip$',
    ),
    mayAsTypes: /^\.\/contract\//,
  },
  { files: /^lambda\/gateway\/page\/build\.ts$/, may: any('^esbuild$', NODE) },
  {
    files: /^lambda\/(?!scaler\/)/,
    may: any('^\\./lambda/(?!scaler/)', '^\\./contract/', '^zod$', '^@aws-sdk/', NODE),
    mayAsTypes: /^aws-lambda$/,
  },
  {
    // A command for people, as those of local/ are; what runs on an instance is below.
    files: /^ami\/release\//,
    may: any(
      '^\\./ami/',
      '^\\./contract/',
      '^\\./bin/stages\\.ts$',
      '^\\./local/(command|processes|scope|run/progress)\\.ts$',
      '^zod$',
      '^@aws-sdk/',
      NODE,
    ),
  },
  {
    files: /^ami\//,
    may: any(
      '^\\./ami/',
      '^\\./contract/',
      '^\\./colour/',
      '^zod$',
      '^@aws-sdk/',
      '^@smithy/',
      '^sharp$',
      '^esbuild$',
      '^tsx/esm/api$',
      NODE,
    ),
  },
  {
    files: /^lib\//,
    may: any('^\\./lib/', '^\\./contract/', CDK, '^zod$', NODE),
    mayAsTypes: /^\.\/(lambda|ami)\//,
  },
  // What an app has that uses the package.
  { files: /^examples\//, may: any('^\\./lib/index\\.ts$', '^ddcolor-elastic$', '^cdk-nag$', CDK, NODE) },
  { files: /^bin\//, may: any('^\\./bin/', '^\\./lib/', '^cdk-nag$', CDK, NODE) },
  {
    files: /^sim\//,
    may: any(
      '^\\./sim/',
      '^\\./contract/',
      '^\\./lambda/scaler/(policy[^/]*|tick|run|memory|settings)\\.ts$',
      '^\\./lambda/gateway/estimate\\.ts$',
      '^zod$',
      '^tsx/esm/api$',
      '^csv-parse/sync$',
      NODE,
    ),
  },
  {
    // What is deployed is measured as it is deployed.
    files: /^local\/bench\//,
    may: any(
      '^\\./client/',
      '^\\./local/',
      '^\\./contract/',
      '^\\./colour/',
      '^\\./lib/(bundling|config|spending)\\.ts$',
      '^\\./lambda/scaler/run\\.ts$',
      '^\\./ami/worker/',
      '^[@a-z]',
      NODE,
    ),
  },
  {
    // Commands of pipelines: what they deploy beside the stages says itself what it allows.
    files: /^local\/pipeline\//,
    may: any('^\\./local/', '^\\./bin/stages\\.ts$', '^\\./lib/deploy-role\\.ts$', NODE),
  },
  {
    // Makes the package, in the constructs' own way of bundling.
    files: /^local\/package\//,
    may: any(
      '^\\./local/',
      '^\\./lib/bundling\\.ts$',
      '^\\./lambda/gateway/page/build\\.ts$',
      '^(esbuild|typescript)$',
      NODE,
    ),
    mayAsTypes: /^\.\/lib\/config\.ts$/,
  },
  {
    files: /^local\//,
    may: any(
      '^\\./local/',
      '^\\./contract/',
      '^\\./colour/',
      '^\\./bin/stages\\.ts$',
      '^\\./ami/worker/bundle\\.ts$',
      '^\\./lambda/scaler/(policy[^/]*|tick|memory)\\.ts$',
      '^[@a-z]',
      NODE,
    ),
  },
];

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && /\.(m?ts|mjs)$/.test(path) && !path.includes('node_modules'))
      yield relative(ROOT, path);
  }
}

interface Import {
  target: string;
  typeOnly: boolean;
}

/** Our own files as `./path` from the root, packages by their name. */
const resolved = (file: string, target: string) =>
  target.startsWith('.') ? `./${join(dirname(file), target)}` : target;

export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  for (const [, kind, target = ''] of text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'/gm,
  )) {
    found.push({ target: resolved(file, target), typeOnly: kind !== undefined });
  }
  for (const [, target = ''] of text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)) {
    found.push({ target: resolved(file, target), typeOnly: false });
  }
  return found;
}

export function broken(file: string, text: string): string[] {
  const rule = RULES.find(({ files }) => files.test(file));
  if (!rule) return [`${file}: no rule speaks of it`];
  return importsOf(file, text)
    .filter(({ target, typeOnly }) => !rule.may.test(target) && !(typeOnly && rule.mayAsTypes?.test(target)))
    .map(({ target }) => `${file} imports ${target}`);
}

const present = FOLDERS.filter((folder) => readdirSync(ROOT).includes(folder));

describe('import rules', () => {
  it.each(present)('hold in %s', (folder) => {
    const found = [...sources(folder)].flatMap((file) =>
      broken(file, readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['contract/keys.ts', "import { S3Client } from '@aws-sdk/client-s3';"],
    ['colour/merge.ts', "import { setImmediate } from 'node:timers/promises';"],
    ['colour/merge.ts', "import { FORMATS } from '../ami/worker/formats.ts';"],
    ['client/api.ts', "import { createdPhotoSchema } from '../contract/photo-api.ts';"],
    ['client/api.ts', "import { createHash } from 'node:crypto';"],
    ['cli/colour/run.ts', "import { findPhotos } from '../../local/run/photos.ts';"],
    ['cli/colour/run.ts', "import { coloured } from '../../lambda/gateway/photos.ts';"],
    ['lambda/scaler/policy.ts', "import { z } from 'zod';"],
    ['lambda/scaler/tick.ts', "import { x } from '../../ami/worker/loop.ts';"],
    ['ami/release/list.ts', "import { startStack } from '../../local/run/stack.ts';"],
    ['ami/worker/loop.ts', "import { command } from '../../local/command.ts';"],
    ['ami/worker/loop.ts', "import { decide } from '../../lambda/scaler/policy.ts';"],
    ['lib/backlog-scaler.ts', "import { decide } from '../lambda/scaler/policy.ts';"],
    ['sim/world.ts', "import { awsPorts } from '../lambda/scaler/aws.ts';"],
    ['local/run/watch.ts', "import { handler } from '../../lambda/scaler/handler.ts';"],
    ['local/pipeline/review.ts', "import { stages } from '../../lib/config.ts';"],
    ['contract/names.ts', "const late = await import('@aws-sdk/client-s3');"],
  ])('fail %s with %s', (file, text) => {
    expect(broken(file, text)).toHaveLength(1);
  });

  it('let a construct take a type from run-time code', () => {
    expect(
      broken('lib/config.ts', "import type { PolicySettings } from '../lambda/scaler/policy.ts';"),
    ).toEqual([]);
  });
});
