/** `npm run test:full`: the properties of the scaling policies over a million sequences of ticks, about ten minutes. */
import { main as check } from './test.ts';

export function main(): Promise<number> {
  process.env.SEQUENCES ??= '1000000';
  return check(['test/lambda/scaler/policy-properties.test.ts']);
}
