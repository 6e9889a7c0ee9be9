import type { Service } from './line.ts';
export const service = (_url: string, _token: () => string | undefined): Service => {
  throw new Error('not yet');
};
