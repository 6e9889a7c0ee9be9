/** Identifies the caller from what API Gateway has verified. */
import type { Access } from '../../contract/gateway.ts';
import type { Caller } from './ports.ts';
import { ProblemError } from './problems.ts';
import { quotaKeyOf } from './quotas.ts';

/** From the request context; never from a body or a header. */
export interface Identity {
  sourceIp: string;
  /** Claims of the verified token. */
  claims?: Record<string, unknown>;
  /** Principal of the verified AWS signature. */
  iam?: {
    accountId?: string | null;
    userId?: string | null;
    cognitoIdentity?: { identityId?: string | null } | null;
  };
}

/** Owner of all photos of an open stage, where the id alone gives access to a photo. */
const ANONYMOUS = 'anonymous';

const CALLERS: Record<Access, (identity: Identity) => Caller | undefined> = {
  open: ({ sourceIp }) => ({ owner: ANONYMOUS, quotaKey: quotaKeyOf(sourceIp) }),
  jwt: ({ claims }) => identified('jwt', claims?.sub),
  // A role's user id is `<role id>:<session>`; its photos outlive the session. Users of an identity pool share one role and
  // have an identity id each.
  iam: ({ iam }) =>
    identified('iam', iam?.cognitoIdentity?.identityId ?? (iam?.accountId && iam.userId?.split(':')[0])),
};

const identified = (kind: string, name: unknown): Caller | undefined =>
  typeof name === 'string' && name !== ''
    ? { owner: `${kind}:${name}`, quotaKey: `${kind}:${name}` }
    : undefined;

/**
 * @throws ProblemError `unauthorized` without a verified identity: a stage whose authorizer is missing must not become an
 * open one
 */
export function callerFrom(access: Access, identity: Identity): Caller {
  const caller = CALLERS[access](identity);
  if (!caller) throw new ProblemError('unauthorized', 'Sign in first: the request has no accepted identity.');
  return caller;
}
