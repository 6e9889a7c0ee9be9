/** Templates as cfn-lint judges them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { threshold } from '../lambda/scaler/support/observations.ts';
import { lintTemplates } from '../../tools/cfn-lint/lint.ts';

export const JWT: StageConfig = { access: 'jwt', jwtIssuer: 'https://issuer.example', jwtAudience: ['page'] };
/** Stopped instances in the group beside that of Spot. */
export const WARM: StageConfig = { warmPoolSize: 2 };
export const THRESHOLD: StageConfig = {
  minCapacity: 1,
  policy: threshold,
};
/** The longest name of a stage. */
export const LONGEST = `a${'-b'.repeat(8)}c`;

/** A property and a value that AWS does not have. */
export const SPOILT = {
  Resources: {
    Queue: {
      Type: 'AWS::SQS::Queue',
      Properties: { QueueColour: 'grey', MessageRetentionPeriod: 1_209_601 },
    },
  },
};

/** @returns the findings of each template, by its name */
export async function lint(templates: Record<string, object>): Promise<Record<string, string[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'lint-'));
  try {
    const files = Object.keys(templates).map((name) => join(folder, `${name}.json`));
    for (const [k, template] of Object.values(templates).entries())
      writeFileSync(files[k] ?? '', JSON.stringify(template));
    const lines = await lintTemplates(files, new AbortController().signal);
    return Object.fromEntries(
      Object.keys(templates).map((name, k) => [name, lines.get(files[k] ?? '') ?? []]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
