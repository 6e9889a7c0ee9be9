/** In place of `tsx/esm/api` in the package's bundle, which is JavaScript already. */
export const register = (): void => undefined;
