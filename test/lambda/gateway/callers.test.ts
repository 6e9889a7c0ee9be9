/** Who asks: what API Gateway has made sure of, and nothing else. */
import { describe, expect, it } from 'vitest';
import type { Access } from '../../../contract/gateway.ts';
import { callerFrom, type Identity } from '../../../lambda/gateway/callers.ts';
import { parseRequest } from '../../../lambda/gateway/http.ts';
import { eventOf, iamAuthorizer, jwtAuthorizer } from './support/memory.ts';

const sourceIp = '203.0.113.7';
const claims = { sub: 'jane', aud: 'page' };
const iam = { accountId: '123456789012', userId: 'AIDACKCEVSQ6C2EXAMPLE' };
const anyone = { owner: 'anyone', quotaKey: sourceIp };
const jane = { owner: 'jwt:jane', quotaKey: 'jwt:jane' };
const user = { owner: 'iam:AIDACKCEVSQ6C2EXAMPLE', quotaKey: 'iam:AIDACKCEVSQ6C2EXAMPLE' };

/** Undefined where nobody is let in. */
const CASES: [access: Access, how: string, identity: Identity, caller: object | undefined][] = [
  ['open', 'an address', { sourceIp }, anyone],
  ['open', 'a token beside it', { sourceIp, claims }, anyone],
  ['open', 'a signature beside it', { sourceIp, iam }, anyone],
  ['open', 'IPv6', { sourceIp: '2001:db8:1:2::9' }, { owner: 'anyone', quotaKey: '2001:db8:1:2::/64' }],
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
  ['iam', 'nothing known of who signed', { sourceIp, iam: {} }, undefined],
  ['iam', 'no account', { sourceIp, iam: { ...iam, accountId: null } }, undefined],
  ['iam', 'no user', { sourceIp, iam: { ...iam, userId: null } }, undefined],
  ['iam', 'an empty user', { sourceIp, iam: { ...iam, userId: '' } }, undefined],
  ['iam', 'a session of no role', { sourceIp, iam: { ...iam, userId: ':session' } }, undefined],
];

describe('callerFrom', () => {
  it.each(CASES)('%s: %s', (access, _how, identity, caller) => {
    if (caller) expect(callerFrom(access, identity)).toEqual(caller);
    else
      expect(() => callerFrom(access, identity)).toThrow(expect.objectContaining({ code: 'unauthorized' }));
  });

  it('takes the sessions of a role for one caller, and two roles for two', () => {
    const of = (userId: string) => callerFrom('iam', { sourceIp, iam: { ...iam, userId } });
    expect(of('AROADBQP57FF2AEXAMPLE:i-0123')).toEqual(of('AROADBQP57FF2AEXAMPLE:i-4567'));
    expect(of('AROADBQP57FF2AEXAMPLE:i-0123')).not.toEqual(of('AROACKCEVSQ6C2EXAMPLE:i-0123'));
  });

  it('takes a subject for nobody else, whatever it is called', () => {
    const of = (sub: string) => callerFrom('jwt', { sourceIp, claims: { sub } }).owner;
    const owners = ['jane', 'Jane', ' jane', 'iam:jane', 'jwt:jane', 'anyone', '203.0.113.7'].map(of);
    expect(new Set(owners).size).toBe(owners.length);
    expect(owners).not.toContain('anyone');
  });
});

describe('what is read of an event', () => {
  const identity = (changes: Parameters<typeof eventOf>[1]) =>
    parseRequest(eventOf('GET /photos/{id}', changes)).identity;

  it('is the address that API Gateway saw, not what a header says', () => {
    expect(identity({ headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' } }).sourceIp).toBe(sourceIp);
  });

  it('is no token that nobody has checked', () => {
    const { claims: found, iam: signed } = identity({ headers: { authorization: 'Bearer e30.e30.e30' } });
    expect([found, signed]).toEqual([undefined, undefined]);
  });

  it('is a token that was checked', () => {
    expect(callerFrom('jwt', identity({ authorizer: jwtAuthorizer(claims) }))).toEqual(jane);
  });

  it('is a signature that was checked', () => {
    const found = identity({ authorizer: iamAuthorizer('AIDACKCEVSQ6C2EXAMPLE') });
    expect(callerFrom('iam', found)).toEqual(user);
  });

  it.each(['jwt', 'iam'] as const)('is nobody where a stage of %s has lost its authorizer', (access) => {
    expect(() => callerFrom(access, identity({}))).toThrow(/Sign in first/);
    expect(() => callerFrom(access, identity({ authorizer: {} }))).toThrow(/Sign in first/);
  });
});
