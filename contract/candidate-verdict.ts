/** The verdict on a candidate image: written by a worker on an instance of it, read by `image promote`. */
import { z } from 'zod';

export const candidateVerdictSchema = z.object({
  outcome: z.enum(['passed', 'failed']),
  /** Why it failed. */
  reason: z.string().optional(),
  /** Duration of the check. */
  seconds: z.number(),
  /** Image of the instance, from its metadata. */
  imageId: z.string().optional(),
});

export type CandidateVerdict = z.infer<typeof candidateVerdictSchema>;

/** Reads a verdict from its parameter; a text that cannot be parsed is a failed one. */
export function parseCandidateVerdict(text: string): CandidateVerdict {
  try {
    return candidateVerdictSchema.parse(JSON.parse(text));
  } catch {
    return {
      outcome: 'failed',
      reason: `its verdict cannot be parsed: '${text.slice(0, 200)}'`,
      seconds: 0,
    };
  }
}
