/** Callers: identified by what API Gateway has verified, and nothing else. */
import { describe, expect, it } from 'vitest';
import type { Access } from '../../../contract/gateway.ts';
import { callerFrom, type Identity } from '../../../lambda/gateway/callers.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import { eventOf, iamAuthorizer, jwtAuthorizer } from './support/events.ts';

const sourceIp = '203.0.113.7';
const claims = { sub: 'jane', aud: 'page' };
const iam = { accountId: '123456789012', userId: 'AIDACKCEVSQ6C2EXAMPLE' };
const anonymous = { owner: 'anonymous', quotaKey: sourceIp };
const jane = { owner: 'jwt:jane', quotaKey: 'jwt:jane' };
const user = { owner: 'iam:AIDACKCEVSQ6C2EXAMPLE', quotaKey: 'iam:AIDACKCEVSQ6C2EXAMPLE' };

/** Undefined when the request is unauthorized. */
const CASES: [access: Access, how: string, identity: Identity, caller: object | undefined][] = [
  ['open', 'an address', { sourceIp }, anonymous],
  ['open', 'a token as well', { sourceIp, claims }, anonymous],
  ['open', 'a signature as well', { sourceIp, iam }, anonymous],
  ['open', 'IPv6', { sourceIp: '2001:db8:1:2::9' }, { owner: 'anonymous', quotaKey: '2001:db8:1:2::/64' }],
  ['jwt', 'a token', { sourceIp, claims }, jane],
  ['jwt', 'a token and a signature', { sourceIp, claims, iam }, jane],
  ['jwt', 'no token', { sourceIp }, undefined],
  ['jwt', 'a signature only', { sourceIp, iam }, undefined],
  ['jwt', 'a token without a subject', { sourceIp, claims: { aud: 'page' } }, undefined],
  ['jwt', 'an empty subject', { sourceIp, claims: { sub: '' } }, undefined],
  ['jwt', 'a subject that is a number', { sourceIp, claims: { sub: 7 } }, undefined],
  ['jwt', 'a subject that is a list', { sourceIp, claims: { sub: ['jane'] } }, undefined],
  ['jwt', 'a subject that is an object', { sourceIp, claims: { sub: { toString: 'jane' } } }, undefined],
  ['jwt', 'a subject that is null', { sourceIp, claims: { sub: null } }, undefined],
  ['jwt', 'a subject that is true', { sourceIp, claims: { sub: true } }, undefined],
  ['iam', 'a user', { sourceIp, iam }, user],
  ['iam', 'a user and a token', { sourceIp, iam, claims }, user],
  ['iam', 'no signature', { sourceIp }, undefined],
  ['iam', 'a token only', { sourceIp, claims }, undefined],
  ['iam', 'a signature without principal', { sourceIp, iam: {} }, undefined],
  ['iam', 'no account', { sourceIp, iam: { ...iam, accountId: null } }, undefined],
  ['iam', 'no user', { sourceIp, iam: { ...iam, userId: null } }, undefined],
  ['iam', 'an empty user', { sourceIp, iam: { ...iam, userId: '' } }, undefined],
  [
    'iam',
    'a user of an identity pool',
    { sourceIp, iam: { ...iam, cognitoIdentity: { identityId: 'eu-central-1:ann' } } },
    { owner: 'iam:eu-central-1:ann', quotaKey: 'iam:eu-central-1:ann' },
  ],
  ['iam', 'an identity pool without identity', { sourceIp, iam: { ...iam, cognitoIdentity: null } }, user],
  ['iam', 'a session without role', { sourceIp, iam: { ...iam, userId: ':session' } }, undefined],
];

describe('callerFrom', () => {
  it.each(CASES)('%s: %s', (access, _how, identity, caller) => {
    if (caller) expect(callerFrom(access, identity)).toEqual(caller);
    else
      expect(() => callerFrom(access, identity)).toThrow(expect.objectContaining({ code: 'unauthorized' }));
  });

  it.each([
    ['in one group', '[family]', 'group:family'],
    ['of another issuer, as a list', ['family'], 'group:family'],
    ['as a plain text', 'family', 'group:family'],
    ['with a comma and brackets in its name', '[a,[b]]', 'group:a,[b]'],
    ['in no group', '[]', 'jwt:jane'],
    ['without the claim', undefined, 'jwt:jane'],
    ['with an empty claim', '', 'jwt:jane'],
    ['with a number', 7, 'jwt:jane'],
  ])('a user %s shares the photos of the group, with a quota of its own', (_how, groups, owner) => {
    const identity = { sourceIp, claims: { ...claims, 'cognito:groups': groups } };
    expect(callerFrom('jwt', identity, 'cognito:groups')).toEqual({ owner, quotaKey: 'jwt:jane' });
    // Where groups mean nothing, no claim gives another user's photos.
    expect(callerFrom('jwt', identity)).toEqual(jane);
  });

  it.each(['[family museum]', ['family', 'museum']])(
    'a user of several groups is no caller: %j',
    (groups) => {
      const identity = { sourceIp, claims: { ...claims, 'cognito:groups': groups } };
      expect(() => callerFrom('jwt', identity, 'cognito:groups')).toThrow(/2 groups \(family, museum\)/);
    },
  );

  it('a group without a user is no caller', () => {
    const identity = { sourceIp, claims: { 'cognito:groups': '[family]' } };
    expect(() => callerFrom('jwt', identity, 'cognito:groups')).toThrow(
      expect.objectContaining({ code: 'unauthorized' }),
    );
  });

  it('the sessions of a role are one caller, two roles are two', () => {
    const of = (userId: string) => callerFrom('iam', { sourceIp, iam: { ...iam, userId } });
    expect(of('AROADBQP57FF2AEXAMPLE:i-0123')).toEqual(of('AROADBQP57FF2AEXAMPLE:i-4567'));
    expect(of('AROADBQP57FF2AEXAMPLE:i-0123')).not.toEqual(of('AROACKCEVSQ6C2EXAMPLE:i-0123'));
  });

  it('no two subjects have the same owner', () => {
    const of = (sub: string) => callerFrom('jwt', { sourceIp, claims: { sub } }).owner;
    const owners = ['jane', 'Jane', ' jane', 'iam:jane', 'jwt:jane', 'anonymous', '203.0.113.7'].map(of);
    expect(new Set(owners).size).toBe(owners.length);
    expect(owners).not.toContain('anonymous');
  });
});

describe('identity of an event', () => {
  const identity = (changes: Parameters<typeof eventOf>[1]) =>
    parseRequest(eventOf('GET /photos/{id}', changes)).identity;

  it('has the source address of the request context, not of a header', () => {
    expect(identity({ headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' } }).sourceIp).toBe(sourceIp);
  });

  it('ignores a token that API Gateway has not verified', () => {
    const { claims: found, iam: signed } = identity({ headers: { authorization: 'Bearer e30.e30.e30' } });
    expect([found, signed]).toEqual([undefined, undefined]);
  });

  it('has the verified token', () => {
    expect(callerFrom('jwt', identity({ authorizer: jwtAuthorizer(claims) }))).toEqual(jane);
  });

  it('has the verified signature', () => {
    const found = identity({ authorizer: iamAuthorizer('AIDACKCEVSQ6C2EXAMPLE') });
    expect(callerFrom('iam', found)).toEqual(user);
  });

  it.each(['jwt', 'iam'] as const)('is unauthorized on a %s stage without authorizer', (access) => {
    expect(() => callerFrom(access, identity({}))).toThrow(/Sign in first/);
    expect(() => callerFrom(access, identity({ authorizer: {} }))).toThrow(/Sign in first/);
  });
});
