/** The report of a smoke test, as text and as JSON. */
import { EXIT } from '../../common/errors.ts';
import type { StackName } from '../shared/deployment.ts';
import { MIN_CHROMA, type Picture } from './picture.ts';
import type { SmokeResult } from './run.ts';

export interface SmokeReport extends SmokeResult {
  bucket: string;
  /** The photo that was sent. */
  photo: Picture;
  timeoutSeconds: number;
}

export const exitCode = ({ verdict }: SmokeResult): number =>
  ({ succeeded: EXIT.done, wrong: EXIT.failed, failed: EXIT.failed, 'timed-out': EXIT.incomplete })[
    verdict.outcome
  ];

const seconds = (value: number | undefined) => (value === undefined ? '-' : `${value.toFixed(1)} s`);

export function smokeLines(report: SmokeReport): string[] {
  const { key, bucket, phases, verdict, left, photo, timeoutSeconds } = report;
  const { upload, wait, check } = phases;
  return [
    verdictText(verdict, timeoutSeconds),
    `  upload ${seconds(upload)}, until the outcome ${seconds(wait)}, check ${seconds(check)}`,
    `  s3://${bucket}/${key}`,
    ...(photo.chroma >= MIN_CHROMA
      ? [
          `  The photo itself is in colour (mean chroma ${photo.chroma.toFixed(1)}); use a black-and-white one.`,
        ]
      : []),
    ...left.map((one) => `  Not deleted: s3://${bucket}/${one}`),
  ];
}

function verdictText(verdict: SmokeResult['verdict'], timeoutSeconds: number): string {
  switch (verdict.outcome) {
    case 'succeeded': {
      const { width, height, chroma } = verdict.result;
      return `Coloured: ${width} x ${height} pixels as the photo, mean chroma ${chroma.toFixed(1)} (at least ${MIN_CHROMA}).`;
    }
    case 'wrong':
      return verdict.reason;
    case 'failed':
      return `Not coloured: ${verdict.reason} (${verdict.code})`;
    case 'timed-out':
      return `No outcome within ${timeoutSeconds} s. See status and explain: does the fleet grow, does an instance come into service? A bucket that this identity may not read looks the same. A later result stays until it expires.`;
  }
}

export function smokeJson(report: SmokeReport, { stage, region }: Omit<StackName, 'stack'>) {
  const { key, bucket, phases, verdict, left, photo } = report;
  return {
    command: 'smoke',
    ...{ stage, region, bucket, key, outcome: verdict.outcome, exit: exitCode(report) },
    code: 'code' in verdict ? verdict.code : null,
    reason: 'reason' in verdict ? verdict.reason : null,
    seconds: { upload: phases.upload ?? null, wait: phases.wait ?? null, check: phases.check ?? null },
    photo,
    result: 'result' in verdict ? (verdict.result ?? null) : null,
    minChroma: MIN_CHROMA,
    left,
  };
}
