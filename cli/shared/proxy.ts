/**
 * Requests through the proxy that the environment names: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in lowercase too.
 *
 * Neither `fetch` nor the AWS SDK reads them by itself. undici's own agent decides for both, so that the API and S3 have one rule;
 * `proxied-requests.ts` has it and is loaded only where a proxy is set.
 */
import type { UndiciHttpHandler } from '@smithy/undici-http-handler';
import { proxiesOf, type Timeouts } from './proxy-settings.ts';

/** What SDK clients take as `requestHandler`. */
export type RequestHandler = Timeouts | UndiciHttpHandler;

/** @returns undefined without a proxy: then the global one is right. @throws UsageError */
export async function proxiedFetch(
  env: NodeJS.ProcessEnv,
  timeouts: Timeouts,
): Promise<typeof fetch | undefined> {
  const proxies = proxiesOf(env);
  return proxies && (await import('./proxied-requests.ts')).fetchThrough(proxies, timeouts);
}

/** @returns the handler for SDK clients. @throws UsageError */
export async function requestHandler(env: NodeJS.ProcessEnv, timeouts: Timeouts): Promise<RequestHandler> {
  const proxies = proxiesOf(env);
  return proxies ? (await import('./proxied-requests.ts')).handlerThrough(proxies, timeouts) : timeouts;
}
