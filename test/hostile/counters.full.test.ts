/** The same sequences of hostile counters as in counters.test.ts, ten thousand of them. */
import { describe } from 'vitest';
import { hostileCounters } from './support/counters-suite.ts';

describe('ten thousand hostile sequences', () => {
  hostileCounters(Number(process.env.HOSTILE_SEQUENCES ?? 5000));
});
