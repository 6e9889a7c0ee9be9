/** What a smoke test says. */
import { EXIT } from '../../common/errors.ts';
import type { StackName } from '../status/text.ts';
import { LEAST_CHROMA, type Picture } from './seen.ts';
import type { SmokeResult } from './run.ts';

export interface SmokeReport extends SmokeResult {
  bucket: string;
  /** The photo that was sent. */
  photo: Picture;
  timeoutSeconds: number;
}

export const exitOf = ({ verdict }: SmokeResult): number =>
  verdict.outcome === 'coloured' ? EXIT.done : verdict.outcome === 'late' ? EXIT.open : EXIT.failed;

const seconds = (value: number | undefined) => (value === undefined ? '-' : `${value.toFixed(1)} s`);

export function smokeLines({
  key,
  bucket,
  phases,
  verdict,
  left,
  photo,
  timeoutSeconds,
}: SmokeReport): string[] {
  const { upload, wait, check } = phases;
  return [
    verdictWords(verdict, timeoutSeconds),
    `  upload ${seconds(upload)}, until its end ${seconds(wait)}, check ${seconds(check)}`,
    `  s3://${bucket}/${key}`,
    ...(photo.chroma >= LEAST_CHROMA
      ? [
          `  The photo is in colour itself (mean chroma ${photo.chroma.toFixed(1)}): a black-and-white one says more.`,
        ]
      : []),
    ...left.map((end) => `  Not cleared away: s3://${bucket}/${end}`),
  ];
}

function verdictWords(verdict: SmokeResult['verdict'], timeoutSeconds: number): string {
  switch (verdict.outcome) {
    case 'coloured': {
      const { width, height, chroma } = verdict.result;
      return `Coloured: ${width} x ${height} pixels as the photo, mean chroma ${chroma.toFixed(1)} (at least ${LEAST_CHROMA}).`;
    }
    case 'wrong':
      return verdict.reason;
    case 'failed':
      return `Not coloured: ${verdict.reason} (${verdict.code})`;
    case 'late':
      return `No end within ${timeoutSeconds} s. Look at status and explain: does the fleet grow, does an instance come into service? A bucket that this identity may not read looks the same. An end that comes later stays until it expires.`;
  }
}

export function smokeJson(told: SmokeReport, { stage, region }: Omit<StackName, 'stack'>) {
  const { key, bucket, phases, verdict, left, photo } = told;
  const result = 'result' in verdict ? (verdict.result ?? null) : null;
  return {
    command: 'smoke',
    ...{ stage, region, bucket, key, outcome: verdict.outcome, exit: exitOf(told) },
    code: 'code' in verdict ? verdict.code : null,
    reason: 'reason' in verdict ? verdict.reason : null,
    seconds: { upload: phases.upload ?? null, wait: phases.wait ?? null, check: phases.check ?? null },
    photo,
    result,
    leastChroma: LEAST_CHROMA,
    left,
  };
}
