/** Who asks, as API Gateway has made sure of it. */
import type { Access } from '../../contract/gateway.ts';
import { quotaKeyOf } from './quotas.ts';
import type { Caller } from './ports.ts';
import { ProblemError } from './problems.ts';

/** The part of a request's context that says so; a body or a header never does. */
export interface Identity {
  sourceIp: string;
  /** Claims of a token that was checked. */
  claims?: Record<string, unknown>;
  /** Of a signature that was checked. */
  iam?: {
    accountId?: string | null;
    userId?: string | null;
    cognitoIdentity?: { identityId?: string | null } | null;
  };
}

/** Owner of the photos of an open stage: whoever knows an id may have the photo. */
const ANONYMOUS = 'anyone';

const CALLERS: Record<Access, (identity: Identity) => Caller | undefined> = {
  open: ({ sourceIp }) => ({ owner: ANONYMOUS, quotaKey: quotaKeyOf(sourceIp) }),
  jwt: ({ claims }) => identified('jwt', claims?.sub),
  // Of a role it is `<role's id>:<session>`: sessions come and go, the photos stay the role's. People of an identity pool
  // all have the same role, and an identity of their own.
  iam: ({ iam }) =>
    identified('iam', iam?.cognitoIdentity?.identityId ?? (iam?.accountId && iam.userId?.split(':')[0])),
};

const identified = (kind: string, name: unknown): Caller | undefined =>
  typeof name === 'string' && name !== ''
    ? { owner: `${kind}:${name}`, quotaKey: `${kind}:${name}` }
    : undefined;

/**
 * @throws Refusal `unauthorized` when API Gateway let through what it should not have: a stage that lost its authorizer must
 * not be an open one
 */
export function callerFrom(access: Access, identity: Identity): Caller {
  const caller = CALLERS[access](identity);
  if (!caller)
    throw new ProblemError(
      'unauthorized',
      'Sign in first: the request carries no identity that is accepted here.',
    );
  return caller;
}
