/** The npm package: its files, and its use in a fresh app. With `FULL` set also a whole stack, and its declarations are type-checked. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands.ts';
import { PAGE_FILES } from '../../contract/page.ts';
import { BundledFunction } from '../../lib/bundled-function.ts';
import { ofType, only, type Properties, type StackTemplate } from '../lib/template.ts';
import { FreshApp, NEEDED } from '../support/packed.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const APP = join(ROOT, 'examples', 'package', 'app.mjs');

const FULL = process.env.FULL !== undefined;
const fresh = new FreshApp();
beforeAll(() => fresh.make(dirname(APP), join(import.meta.dirname, '..', 'fixtures', 'package')));
afterAll(() => rmSync(fresh.folder, { recursive: true, force: true }));

const functionsOf = (template: StackTemplate) =>
  ofType(template, 'AWS::Lambda::Function').map(({ Properties }) => Properties);
const codeOf = (out: string, { Code }: Properties) => {
  const [hash = ''] = String((Code as Properties).S3Key).split('.');
  return join(out, `asset.${hash}`);
};
/** A value of the environment as a deploy may make it. */
const deployed = ({ 'Fn::Join': join }: Properties): string =>
  join
    ? (join as [string, unknown[]])[1].map((part) => (typeof part === 'string' ? part : 'it')).join('')
    : 'https://it';
const bundle = (name: string) => fresh.read(`dist/lambda/${name}/bundle/index.mjs`);

/** The programs of docs/client.md as one: the first is whole, and the others are parts that use its client. */
function guideProgram(): string {
  const text = readFileSync(join(ROOT, 'docs', 'client.md'), 'utf8');
  const [whole, ...parts] = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
  expect(parts.length).toBeGreaterThan(1);
  const given = `id: string, url: string, token: () => Promise<string>,
    sign: (method: string, url: string, headers: Record<string, string>, body?: string) => Record<string, string>`;
  return [whole, ...parts.map((part, n) => `export async function part${n}(${given}) {\n${part}}\n`)].join(
    '\n',
  );
}

describe('the package', () => {
  it('is small, and contains no TypeScript sources, tests or source maps with sources', () => {
    const packed = fresh.files();
    const known = /^(dist\/.*|cli\/main\.mjs|docs\/reuse\.md|README(?:\.zh-CN)?\.md|LICENSE|package\.json)$/;
    expect(packed.filter((file) => !known.test(file))).toEqual([]);
    expect(packed.filter((file) => /(?<!\.d)\.ts$|\.test\./.test(file))).toEqual([]);
    for (const file of packed.filter((one) => one.endsWith('.map')))
      expect(fresh.read(file)).not.toContain('"sourcesContent"');
    expect(statSync(fresh.tarball).size).toBeLessThan(4.5e6);
  });

  it('imports only its declared dependencies', () => {
    const allowed = new RegExp(`^(\\.|node:|(${NEEDED.join('|')})(/|$))`);
    const imported = ['dist/lib', 'dist/contract', 'dist/client']
      .flatMap((folder) => fresh.files(folder))
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => ts.preProcessFile(fresh.read(file)).importedFiles);
    expect(imported.length).toBeGreaterThan(50);
    expect(imported.filter(({ fileName }) => !allowed.test(fileName))).toEqual([]);
  });

  it('has a client that browsers run: it bundles for them alone, without Node and without a dependency', async () => {
    const entry = join(fresh.folder, 'page.mjs');
    writeFileSync(entry, `export { ColouringClient } from 'ddcolor-elastic/client';`);
    const made = await build({
      ...{ entryPoints: [entry], bundle: true, write: false, metafile: true },
      ...{ platform: 'browser', format: 'esm', logLevel: 'silent' },
    });
    const inputs = Object.keys(made.metafile.inputs).filter((file) => !file.endsWith('page.mjs'));
    expect(inputs.length).toBeGreaterThan(5);
    expect(inputs.filter((file) => !/ddcolor-elastic\/dist\/(client|contract)\//.test(file))).toEqual([]);
    const { stdout } = await fresh.run([
      '--input-type=module',
      '-e',
      `import { ColouringClient } from 'ddcolor-elastic/client'; console.log(typeof new ColouringClient({ url: 'https://x.example/' }).colour)`,
    ]);
    expect(stdout.trim()).toBe('function');
  });

  it('depends on a schema library, and on the CDK as a peer', () => {
    const { dependencies, peerDependencies } = JSON.parse(fresh.read('package.json')) as {
      dependencies: object;
      peerDependencies: object;
    };
    expect([...Object.keys(peerDependencies), ...Object.keys(dependencies)]).toEqual(NEEDED);
  });

  it('has the same function code as a synth of the checkout', () => {
    const out = join(fresh.folder, 'checkout');
    const app = new App({ outdir: out, builtinCloudFormationValidation: false });
    const stack = new Stack(app, 'Own');
    new BundledFunction(stack, 'Suspend', {
      entry: join(ROOT, 'lambda', 'suspend-processes', 'handler.ts'),
      timeout: Duration.seconds(60),
    });
    const template = app.synth().getStackByName('Own').template as StackTemplate;
    const [made] = functionsOf(template);
    expect(readFileSync(join(codeOf(out, made!), 'index.mjs'), 'utf8')).toBe(bundle('suspend-processes'));
  });
});

describe('a fresh app', () => {
  it('has few lines, and equals the one in the documentation', () => {
    const text = readFileSync(APP, 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThan(30);
    expect(readFileSync(join(ROOT, 'docs', 'reuse.md'), 'utf8')).toContain(text);
  });

  it('synthesises a fleet with the scaler, with the package’s code', async () => {
    const { out, template } = await fresh.synth('app.mjs', 'Photos');
    const groups = ofType(template, 'AWS::AutoScaling::AutoScalingGroup').map(({ Properties }) => Properties);
    const sizes = { MinSize: '0', MaxSize: '4' };
    expect(groups).toMatchObject([sizes, sizes]);
    expect(only(template, 'AWS::Scheduler::Schedule').ScheduleExpression).toBe('cron(* * * * ? *)');
    expect(ofType(template, 'AWS::SQS::Queue')).toHaveLength(2);
    const functions = functionsOf(template);
    for (const { Handler } of functions) expect(Handler).toBe('index.handler');
    const codes = functions.map((one) => readFileSync(join(codeOf(out, one), 'index.mjs'), 'utf8'));
    // By name: a difference would print the bundles. The scaler has one function for its schedule, and one for photos.
    const names = codes.map((code) => ['scaler', 'suspend-processes'].find((name) => bundle(name) === code));
    expect(names.sort()).toEqual(['scaler', 'scaler', 'suspend-processes']);
  });

  if (FULL) {
    it('synthesises the whole stack, with the page of the gateway, and every function loads', async () => {
      const { out, template } = await fresh.synth('stack.mjs', 'Whole');
      const functions = functionsOf(template);
      expect(functions.length).toBe(4);
      for (const one of functions) {
        const { Variables } = one.Environment as { Variables: Record<string, unknown> };
        // References resolve at deploy time.
        const env = Object.entries(Variables).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : deployed(value as Properties),
        ]);
        const code = pathToFileURL(join(codeOf(out, one), 'index.mjs')).href;
        const { stdout } = await fresh.run(['load.mjs', code], Object.fromEntries(env) as object);
        expect(stdout.trim()).toBe('function');
        if ('CHROMA_SIZE' in Variables)
          expect(readdirSync(join(codeOf(out, one), 'page')).sort()).toEqual([...PAGE_FILES].sort());
      }
    });

    it('may be in TypeScript: the declarations, their use and the programs of docs/client.md type-check', () => {
      const guide = join(fresh.folder, 'guide.mts');
      writeFileSync(guide, guideProgram());
      const program = ts.createProgram([join(fresh.folder, 'consumer.mts'), guide], {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        target: ts.ScriptTarget.ES2022,
        strict: true,
        noEmit: true,
        typeRoots: [join(ROOT, 'node_modules', '@types')],
        types: ['node'],
      });
      // The CDK's own declarations are left out.
      const ours = program
        .getSourceFiles()
        .filter(({ fileName }) => /\/(ddcolor-elastic\/dist\/|(consumer|guide)\.mts)/.test(fileName));
      expect(ours.length).toBeGreaterThan(10);
      const found = ours.flatMap((file) => [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ]);
      const texts = found.map(
        ({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
      expect(texts).toEqual([]);
    });
  }
});

describe('the command of the package', () => {
  const command = (...args: string[]) => fresh.run([join(fresh.installed, 'cli', 'main.mjs'), ...args]);

  it('prints its version, and the help of each command', async () => {
    const { version } = JSON.parse(fresh.read('package.json')) as { version: string };
    expect((await command('--version')).stdout.trim()).toBe(version);
    const { stdout } = await command('--help');
    const names = Object.keys(COMMANDS);
    for (const name of names) expect(stdout).toContain(`  ${name} `);
    for (const name of FULL ? names : ['colour', 'simulate'])
      expect(await command('help', name), name).toMatchObject({ stderr: '' });
  });

  it('makes a workflow of a graph, by the nodes of the image', async () => {
    const graph = {
      1: { class_type: 'LoadImage', inputs: { image: 'a.png' } },
      2: { class_type: 'PreviewImage', inputs: { images: ['1', 0] } },
    };
    const file = join(fresh.folder, 'graph.json');
    writeFileSync(file, JSON.stringify(graph));
    const { stdout } = await command('workflow', 'add', file, '--to', fresh.folder, '--name', 'mine');
    expect(stdout).toContain('it has every node and file of the graph');
    expect(JSON.parse(readFileSync(join(fresh.folder, 'mine.json'), 'utf8'))).toMatchObject({ name: 'mine' });
  });

  if (FULL)
    it('simulates, on several threads, and writes the report and the dashboard', async () => {
      const [json, report, dashboard] = ['compare.json', 'report.html', 'dashboard.html'].map((name) =>
        join(fresh.folder, name),
      ) as [string, string, string];
      const trace = join(fresh.folder, 'trace.csv');
      writeFileSync(trace, `t\n${Array.from({ length: 60 }, (_, k) => k * 20).join('\n')}\n`);
      const args = ['--trace', trace, '--no-bound', '--with', 'max=3'];
      await command('simulate', 'compare', ...args, '--json', json, '--report', report);
      await command('simulate', ...args, '--dashboard', dashboard);
      expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ jobs: 60 });
      for (const page of [report, dashboard]) expect(readFileSync(page, 'utf8')).toContain('uPlot');
    }, 120_000);

  it.each([
    ['a native library', /npm install sharp\n$/, ['smoke', APP]],
    ['the values of stages', /^error: 'cost' reads bin\/stages\.ts of a checkout/, ['cost']],
    ['the sources of an image', /^error: 'image bake' reads ami\//, ['image', 'bake', '--stage', 'dev']],
    ['the sources of a local ComfyUI', /^error: 'comfyui setup' reads ami\//, ['comfyui', 'setup']],
    [
      'the app of the roles',
      /^error: 'deploy-role' reads bin\//,
      ['deploy-role', '--repository', 'octo/colours', '--stage', 'dev'],
    ],
  ])('reports that %s is missing', async (_what, stderr, args) => {
    const matching = expect.stringMatching(stderr) as string;
    await expect(command(...args)).rejects.toMatchObject({ code: 2, stderr: matching });
  });

  it('goes through a proxy', async () => {
    const proxy = createServer().on('connect', (_, socket) => socket.end('HTTP/1.1 403 Refused\r\n\r\n'));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    writeFileSync(join(fresh.folder, 'a.jpg'), 'one');
    const args = [join(fresh.installed, 'cli', 'main.mjs'), 'colour', 'a.jpg', '--url'];
    try {
      await expect(
        fresh.run([...args, 'https://photos.invalid/'], { HTTPS_PROXY: address }),
      ).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`The proxy ${address} refuses the connection (HTTP 403)`) as string,
      });
    } finally {
      proxy.close();
    }
  });

  it('accepts any stage, since it has no bin/stages.ts', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    };
    const main = join(fresh.installed, 'cli', 'main.mjs');
    await expect(fresh.run([main, 'image', 'list', '--stage', 'mine'], env)).rejects.toMatchObject({
      stdout: expect.stringContaining('ECONNREFUSED') as string,
    });
  }, 60_000);
});
