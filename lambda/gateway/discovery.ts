/** Sign-in endpoints of an OpenID issuer: OpenID Connect Discovery 1.0, section 4. */
import { z } from 'zod';
import type { SignInSettings } from '../../contract/page.ts';

const discoverySchema = z.object({ authorization_endpoint: z.url(), token_endpoint: z.url() });
const TIMEOUT_MS = 3000;

/**
 * @param issuer URL, with a final slash or without
 * @throws Error without a valid discovery document within 3 s
 */
export async function discover(issuer: string, clientId: string): Promise<SignInSettings> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const document = discoverySchema.parse(await response.json());
    return {
      authorizationEndpoint: document.authorization_endpoint,
      tokenEndpoint: document.token_endpoint,
      clientId,
    };
  } catch (cause) {
    throw new Error(`cannot read the issuer's ${url}`, { cause });
  }
}
