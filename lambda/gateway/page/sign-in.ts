/**
 * Signing in at the stage's OpenID issuer: authorization code with PKCE, RFC 7636, as a public client.
 *
 * Gotcha: API Gateway takes a token whose `aud`, or for want of one `client_id`, is an audience of the stage. Issuers differ in
 * what their access tokens say there; ID tokens always say the client.
 */
import type { SignInSettings } from '../../../contract/page.ts';

interface Kept {
  token: string;
  /** Epoch milliseconds. */
  until: number;
}

interface Started {
  state: string;
  verifier: string;
}

const TOKEN = 'token';
const STARTED = 'sign-in';
/** A token that ends during a request is of no use. */
const MARGIN_MS = 30_000;

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const here = () => `${location.origin}${location.pathname}`;

/** For as long as the tab is open. */
const kept = <T>(key: string): T | undefined => {
  const text = sessionStorage.getItem(key);
  return text === null ? undefined : (JSON.parse(text) as T);
};

/** Undefined when nobody is signed in. */
export function token(): string | undefined {
  const found = kept<Kept>(TOKEN);
  return found && found.until - MARGIN_MS > Date.now() ? found.token : undefined;
}

export const signOut = () => sessionStorage.removeItem(TOKEN);

/** Leaves for the issuer, which sends the browser back here. */
export async function signIn({ authorizationEndpoint, clientId }: SignInSettings): Promise<void> {
  const started: Started = { state: random(), verifier: random() };
  sessionStorage.setItem(STARTED, JSON.stringify(started));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(started.verifier));
  const url = new URL(authorizationEndpoint);
  const query = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: here(),
    scope: 'openid',
    state: started.state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  location.assign(url);
}

/**
 * Ends what {@link signIn} began, when the issuer has sent the browser back.
 *
 * @returns false when it did not work out, true also when nothing had begun
 */
export async function finishSignIn(settings: SignInSettings): Promise<boolean> {
  const query = new URLSearchParams(location.search);
  if (!query.has('code') && !query.has('error')) return true;
  const started = kept<Started>(STARTED);
  sessionStorage.removeItem(STARTED);
  // A code is good for once: it must not stand in the address when the page is loaded again.
  history.replaceState(null, '', here());
  const code = query.get('code');
  if (!started || code === null || query.get('state') !== started.state) return false;
  try {
    const response = await fetch(settings.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: here(),
        client_id: settings.clientId,
        code_verifier: started.verifier,
      }),
    });
    if (!response.ok) return false;
    const given = (await response.json()) as {
      access_token?: string;
      id_token?: string;
      expires_in?: number;
    };
    const chosen = [given.access_token, given.id_token].find((one) => isFor(one, settings.clientId));
    if (chosen === undefined) return false;
    const keep: Kept = { token: chosen, until: Date.now() + (given.expires_in ?? 300) * 1000 };
    sessionStorage.setItem(TOKEN, JSON.stringify(keep));
    return true;
  } catch {
    return false;
  }
}

/** Whether API Gateway would take it; who signed it is for API Gateway to check. */
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
