/** The launch hook of a stack on the local AWS may be shorter than in its template. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LAUNCH_HOOK, TERMINATION_HOOK } from '../../contract/names.ts';
import { setLaunchTimeout } from '../../local/aws/deploy.ts';

let assembly: string;
beforeEach(() => void (assembly = mkdtempSync(join(tmpdir(), 'assembly-'))));
afterEach(() => rmSync(assembly, { recursive: true, force: true }));

const template = (launchSeconds: number) => ({
  Group: {
    LifecycleHookSpecificationList: [
      { DefaultResult: 'ABANDON', HeartbeatTimeout: launchSeconds, LifecycleHookName: LAUNCH_HOOK },
      { DefaultResult: 'CONTINUE', HeartbeatTimeout: 300, LifecycleHookName: TERMINATION_HOOK },
    ],
  },
  Scaler: { Variables: { LAUNCH_TIMEOUT_SECONDS: String(launchSeconds), TICK_SECONDS: '5' }, None: null },
});
const path = () => join(assembly, 'stack.template.json');

it('changes the hook and what the scaler knows of it, and nothing else', () => {
  writeFileSync(path(), JSON.stringify(template(600)));
  setLaunchTimeout(assembly, 60);
  expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual(template(60));
});

it('refuses an assembly without one of them', () => {
  writeFileSync(path(), JSON.stringify({ ...template(600), Scaler: {} }));
  expect(() => setLaunchTimeout(assembly, 60)).toThrow('LAUNCH_TIMEOUT_SECONDS');
});
