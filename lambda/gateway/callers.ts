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
export const ANONYMOUS = 'anonymous';

type CallerOf = (identity: Identity, groupsClaim: string) => Caller | undefined;

const CALLERS: Record<Access, CallerOf> = {
  open: ({ sourceIp }) => ({ owner: ANONYMOUS, quotaKey: quotaKeyOf(sourceIp) }),
  jwt: ({ claims }, groupsClaim) => {
    const user = identified('jwt', claims?.sub);
    const group = user && groupsClaim !== '' ? groupOf(claims?.[groupsClaim]) : undefined;
    return user && group !== undefined ? { ...user, owner: `group:${group}` } : user;
  },
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
 * The one group of a user. API Gateway passes a list on as text, `[a b]`; names of groups have no spaces.
 *
 * @returns undefined without a group
 * @throws ProblemError `unauthorized` for a user of several: whose the photos would be is not known
 */
function groupOf(claim: unknown): string | undefined {
  const listed =
    typeof claim === 'string' ? (/^\[(.*)\]$/s.exec(claim)?.[1]?.split(' ') ?? [claim]) : [claim].flat();
  const groups = listed.filter((name) => typeof name === 'string' && name !== '');
  if (groups.length <= 1) return groups[0] as string | undefined;
  throw new ProblemError(
    'unauthorized',
    `The signed-in user is in ${groups.length} groups (${groups.join(', ')}): one at most shares its photos.`,
  );
}

/**
 * @param groupsClaim claim with the groups of a token's user, which share their photos; empty: each user has its own
 * @throws ProblemError `unauthorized` without a verified identity: a stage whose authorizer is missing must not become an
 * open one
 */
export function callerFrom(access: Access, identity: Identity, groupsClaim = ''): Caller {
  const caller = CALLERS[access](identity, groupsClaim);
  if (!caller) throw new ProblemError('unauthorized', 'Sign in first: the request has no accepted identity.');
  return caller;
}
