/** What an instance of a candidate says of its image: written by its worker, read by `promote`. */
import { z } from 'zod';

export const candidateVerdictSchema = z.object({
  outcome: z.enum(['passed', 'failed']),
  /** Why it failed, for people. */
  reason: z.string().optional(),
  /** From the start of its worker's checks to their end. */
  seconds: z.number(),
  /** What the instance itself takes for its image. */
  imageId: z.string().optional(),
});

export type CandidateVerdict = z.infer<typeof candidateVerdictSchema>;

/** A verdict as it stands in its parameter; what cannot be understood is none that has passed. */
export function parseCandidateVerdict(text: string): CandidateVerdict {
  try {
    return candidateVerdictSchema.parse(JSON.parse(text));
  } catch {
    return {
      outcome: 'failed',
      reason: `its verdict cannot be understood: '${text.slice(0, 200)}'`,
      seconds: 0,
    };
  }
}
