/** Which instances' reports are read: all of them in a fleet of the usual size, and a sample of a larger one. */

/** An instance whose report counts: in service or draining. */
export interface Reporter {
  instance: string;
  /** @default unknown */
  type?: string;
}

/**
 * Instances whose reports are read at most; the others are taken to do what these do. The mean of so many is within a few per cent of
 * the fleet's, and their memory is a hundred kilobytes of the 400 that a DynamoDB item may have.
 */
export const MOST_REPORTERS = 500;

/** With counters for each of several workflows an instance's memory is larger. */
export const mostReporters = (workflows = 1): number => Math.floor(MOST_REPORTERS / Math.max(1, workflows));

/** The instances whose reports are read: those of the last tick as far as they are there, then others. */
export function sampleOf(
  reporters: Reporter[],
  before: { instances: { instance: string }[] } | undefined,
  most = MOST_REPORTERS,
): Reporter[] {
  if (reporters.length <= most) return reporters;
  const known = new Set(before?.instances.map(({ instance }) => instance));
  const isKnown = ({ instance }: Reporter) => known.has(instance);
  const others = reporters.filter((one) => !isKnown(one));
  return [...reporters.filter(isKnown), ...others].slice(0, most);
}
