import type { Linter } from 'eslint';

export const PROOFS: string;
export function securityRules(proofs?: string): Linter.Config[];
