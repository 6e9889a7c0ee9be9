/**
 * Sign-in at the stage's OpenID issuer: authorization code with PKCE, RFC 7636, as a public client.
 *
 * Gotcha: API Gateway accepts a token whose `aud`, or without it `client_id`, is an audience of the stage. Issuers differ in
 * these claims of access tokens; in ID tokens `aud` is the client.
 */
import type { SignInSettings } from '../../../contract/page.ts';

interface StoredToken {
  token: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

interface PendingSignIn {
  state: string;
  verifier: string;
}

const TOKEN_KEY = 'token';
const PENDING_KEY = 'sign-in';
/** A token must not expire during a request. */
const MARGIN_MS = 30_000;

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const pageUrl = () => `${location.origin}${location.pathname}`;

/** Session storage: until the tab is closed. */
const stored = <T>(key: string): T | undefined => {
  const text = sessionStorage.getItem(key);
  return text === null ? undefined : (JSON.parse(text) as T);
};

/** @returns the token; undefined when signed out */
export function token(): string | undefined {
  const found = stored<StoredToken>(TOKEN_KEY);
  return found && found.expiresAt - MARGIN_MS > Date.now() ? found.token : undefined;
}

export const signOut = () => sessionStorage.removeItem(TOKEN_KEY);

/** Leaves for the issuer, which redirects back to this page. */
export async function signIn({ authorizationEndpoint, clientId }: SignInSettings): Promise<void> {
  const pending: PendingSignIn = { state: random(), verifier: random() };
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
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  location.assign(url);
}

/**
 * Completes {@link signIn} after the issuer's redirect.
 *
 * @returns false when the sign-in failed; true also without a sign-in to complete
 */
export async function finishSignIn(settings: SignInSettings): Promise<boolean> {
  const query = new URLSearchParams(location.search);
  if (!query.has('code') && !query.has('error')) return true;
  const pending = stored<PendingSignIn>(PENDING_KEY);
  sessionStorage.removeItem(PENDING_KEY);
  // A code works once: it must not be in the URL when the page is reloaded.
  history.replaceState(null, '', pageUrl());
  const code = query.get('code');
  if (!pending || code === null || query.get('state') !== pending.state) return false;
  try {
    const response = await fetch(settings.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: pageUrl(),
        client_id: settings.clientId,
        code_verifier: pending.verifier,
      }),
    });
    if (!response.ok) return false;
    const tokens = (await response.json()) as {
      access_token?: string;
      id_token?: string;
      expires_in?: number;
    };
    const chosen = [tokens.access_token, tokens.id_token].find((one) => isFor(one, settings.clientId));
    if (chosen === undefined) return false;
    const token: StoredToken = { token: chosen, expiresAt: Date.now() + (tokens.expires_in ?? 300) * 1000 };
    sessionStorage.setItem(TOKEN_KEY, JSON.stringify(token));
    return true;
  } catch {
    return false;
  }
}

/** Whether the token's audience is the client; API Gateway verifies the signature. */
export function isFor(text: string | undefined, clientId: string): text is string {
  try {
    const claims = JSON.parse(
      atob((text?.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
    ) as { aud?: string | string[]; client_id?: string };
    return [claims.aud ?? claims.client_id].flat().includes(clientId);
  } catch {
    return false;
  }
}
