/**
 * Sign-in at the stage's OpenID issuer: authorization code with PKCE, RFC 7636, as a public client.
 *
 * The token is in memory only: browsers write session storage to disk, to restore tabs. What survives the redirect to the
 * issuer is the verifier and state of one attempt; what survives a reload is that the tab was signed in, and then the issuer
 * is asked again, without a form.
 *
 * Gotcha: API Gateway accepts a token whose `aud`, or without it `client_id`, is an audience of the stage. Issuers differ in
 * these claims of access tokens; in ID tokens `aud` is the client.
 */
import { parseJsonObject, readResponse } from '../../../client/response.ts';
import type { SignInSettings } from '../../../contract/page.ts';

interface Token {
  text: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

interface PendingSignIn {
  state: string;
  verifier: string;
  /** Without a form: a failure is no error, but the end of the session. */
  silent: boolean;
}

const SIGNED_IN_KEY = 'signed-in';
const PENDING_KEY = 'sign-in';
/** A token must not expire during a request. */
const MARGIN_MS = 30_000;
/** Used for a token without a lifetime, seconds. */
const DEFAULT_LIFETIME = 300;

let current: Token | undefined;

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const pageUrl = () => `${location.origin}${location.pathname}`;

/** Reads and removes what this tab has stored. */
function take(key: string): string | null {
  const text = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return text;
}

/** @returns the token; undefined when signed out */
export const token = (): string | undefined =>
  current && current.expiresAt - MARGIN_MS > Date.now() ? current.text : undefined;

/** Digest of the signed-in user, for what this device keeps apart. */
export async function owner(): Promise<string> {
  const { iss, sub } = claimsOf(token() ?? '');
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify([iss, sub])));
  return base64url(new Uint8Array(digest));
}

/** Digest of the user that this tab was signed in as; undefined after a sign-out. */
export const lastOwner = (): string | undefined => sessionStorage.getItem(SIGNED_IN_KEY) ?? undefined;

export function signOut(): void {
  current = undefined;
  sessionStorage.removeItem(SIGNED_IN_KEY);
}

/** Leaves for the issuer, which redirects back to this page. @param silent fails instead of showing a form */
export async function signIn(
  { authorizationEndpoint, clientId }: SignInSettings,
  silent = false,
): Promise<void> {
  const pending: PendingSignIn = { state: random(), verifier: random(), silent };
  sessionStorage.setItem(PENDING_KEY, JSON.stringify(pending));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pending.verifier));
  const url = new URL(authorizationEndpoint);
  const query = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: pageUrl(),
    scope: 'openid',
    state: pending.state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    ...(silent ? { prompt: 'none' } : {}),
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  location.assign(url);
}

/**
 * Completes {@link signIn} after the issuer's redirect, or starts it without a form after a reload.
 *
 * @returns `failed` after a form; `leaving` when the page is about to go to the issuer; else `done`, signed in or not
 */
export async function finishSignIn(settings: SignInSettings): Promise<'done' | 'failed' | 'leaving'> {
  const query = new URLSearchParams(location.search);
  if (!query.has('code') && !query.has('error')) {
    // Taken, not read: an attempt that fails is not repeated.
    if (take(SIGNED_IN_KEY) === null) return 'done';
    await signIn(settings, true);
    return 'leaving';
  }
  const pending = JSON.parse(take(PENDING_KEY) ?? 'null') as PendingSignIn | null;
  // A code works once: it must not be in the URL when the page is reloaded.
  history.replaceState(null, '', pageUrl());
  const code = query.get('code');
  const failed = pending?.silent ? 'done' : 'failed';
  if (!pending || code === null || query.get('state') !== pending.state) return failed;
  current = await redeem(settings, code, pending.verifier).catch(() => undefined);
  if (current === undefined) return failed;
  sessionStorage.setItem(SIGNED_IN_KEY, await owner());
  return 'done';
}

/** @returns undefined if the issuer has no token for this page */
async function redeem(settings: SignInSettings, code: string, verifier: string): Promise<Token | undefined> {
  const response = await fetch(settings.tokenEndpoint, {
    method: 'POST',
    credentials: 'omit',
    redirect: 'error',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: pageUrl(),
      client_id: settings.clientId,
      code_verifier: verifier,
    }),
  });
  if (!response.ok) return undefined;
  const tokens = parseJsonObject((await readResponse(response, Date.now())).body);
  const text = [tokens.access_token, tokens.id_token].find((one) => isFor(one, settings.clientId));
  const lifetime = typeof tokens.expires_in === 'number' ? tokens.expires_in : DEFAULT_LIFETIME;
  return text === undefined ? undefined : { text, expiresAt: Date.now() + lifetime * 1000 };
}

/** Whether the token's audience is the client; API Gateway verifies the signature. */
export function isFor(text: unknown, clientId: string): text is string {
  if (typeof text !== 'string') return false;
  const { aud, client_id: client } = claimsOf(text);
  return [aud ?? client].flat().includes(clientId);
}

interface Claims {
  iss?: string;
  sub?: string;
  aud?: string | string[];
  client_id?: string;
}

/** @returns none for a text that is no token */
function claimsOf(token: string): Claims {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const claims: unknown = JSON.parse(atob(payload));
    return typeof claims === 'object' && claims !== null ? claims : {};
  } catch {
    return {};
  }
}
