/** What a stack on the local AWS has otherwise than its template: a shorter launch hook, the service time of a stand-in. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAUNCH_HOOK, TERMINATION_HOOK } from '../../contract/names.ts';
import { setFirstServiceTime, setLaunchTimeout } from '../../local/aws/deploy.ts';

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

describe('the first guess of the service time', () => {
  const withPolicy = (policy: object) => ({ Scaler: { POLICY: JSON.stringify(policy) } });

  it('is what the stand-in takes; the rest of the policy stays', () => {
    writeFileSync(path(), JSON.stringify(withPolicy({ kind: 'slo', serviceSeconds: 1.2, bootSeconds: 8 })));
    setFirstServiceTime(assembly, 0.2);
    const changed = withPolicy({ kind: 'slo', serviceSeconds: 0.2, bootSeconds: 8 });
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual(changed);
  });

  it('is refused for a policy that has none', () => {
    writeFileSync(path(), JSON.stringify(withPolicy({ kind: 'threshold' })));
    expect(() => setFirstServiceTime(assembly, 0.2)).toThrow('serviceSeconds');
  });
});
