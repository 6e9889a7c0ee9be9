/** Where an OpenID issuer signs people in: OpenID Connect Discovery 1.0, section 4. */
import { z } from 'zod';
import type { SignInSettings } from '../../contract/page.ts';

const discoverySchema = z.object({ authorization_endpoint: z.url(), token_endpoint: z.url() });
const TIMEOUT_MS = 3000;

/** @throws when the issuer does not answer with what it has to */
export async function discover(issuer: string, clientId: string): Promise<SignInSettings> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const found = discoverySchema.parse(await response.json());
    return {
      authorizationEndpoint: found.authorization_endpoint,
      tokenEndpoint: found.token_endpoint,
      clientId,
    };
  } catch (cause) {
    throw new Error(`the issuer's ${url} cannot be used`, { cause });
  }
}
