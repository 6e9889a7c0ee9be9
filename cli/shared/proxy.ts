/**
 * Requests through the proxy that the environment names: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in lowercase too.
 *
 * Neither `fetch` nor the AWS SDK reads them by itself. undici's own agent decides for both, so that the API and S3 have one rule;
 * it is loaded only where a proxy is set.
 */
import type { Dispatcher } from 'undici';
import type { UndiciHttpHandler } from '@smithy/undici-http-handler';
import { UsageError, UserError } from '../../common/errors.ts';
import { withoutSecrets } from '../../common/terminal.ts';

/** Milliseconds. */
export interface Timeouts {
  connectionTimeout: number;
  /** Without a byte. */
  socketTimeout: number;
}

/** What SDK clients take as `requestHandler`. */
export type RequestHandler = Timeouts | UndiciHttpHandler;

export interface Proxies {
  /** URLs; empty: none. */
  http: string;
  https: string;
  /** Hosts without a proxy, separated by commas. */
  none: string;
}

/** A proxy could not reach these: what `npm start` runs, and what gives credentials to instances and containers. */
const OWN_HOSTS = 'localhost,127.0.0.1,[::1],169.254.169.254,169.254.170.2,169.254.170.23,[fd00:ec2::254]';
const SCHEMES = ['http:', 'https:', 'socks5:', 'socks:'];

/** @returns undefined without a proxy. @throws UsageError for an address that is none */
export function proxiesOf(env: NodeJS.ProcessEnv): Proxies | undefined {
  const read = (name: string) => env[name.toLowerCase()] ?? env[name];
  const first = (...names: string[]) => {
    const name = names.find((one) => read(one) !== undefined);
    const value = name === undefined ? '' : read(name);
    return name === undefined || value === undefined || value === '' ? '' : addressOf(name, value);
  };
  const [http, https] = [first('HTTP_PROXY', 'ALL_PROXY'), first('HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY')];
  if (http === '' && https === '') return undefined;
  return { http, https, none: `${read('NO_PROXY') ?? ''},${OWN_HOSTS}` };
}

/** As curl has it, an address without a scheme is that of an http proxy. @throws UsageError, without a password */
function addressOf(name: string, value: string): string {
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && SCHEMES.includes(url.protocol) && url.hostname !== '') return text;
  throw new UsageError(
    `${name} '${withoutSecrets(text)}': use the address of an http, https or socks5 proxy, such as http://proxy.example:3128.`,
  );
}

/** The proxy is reached and does not let the request through. */
export class ProxyRefused extends UserError {}

const REFUSED = /^Proxy response \((\d+)\)/;

async function dispatcherOf({ http, https, none }: Proxies, timeouts: Timeouts): Promise<Dispatcher> {
  const { DecoratorHandler, EnvHttpProxyAgent } = await import('undici');
  class NamedRefusals extends DecoratorHandler {
    onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
      const status = REFUSED.exec(error.message)?.[1];
      const named =
        status === undefined
          ? error
          : new ProxyRefused(refusal(status, https === '' ? http : https), { cause: error });
      // Its types do not declare what it inherits.
      (DecoratorHandler.prototype as Dispatcher.DispatchHandler).onResponseError?.call(
        this,
        controller,
        named,
      );
    }
  }
  const agent = new EnvHttpProxyAgent({
    ...{ httpProxy: http, httpsProxy: https, noProxy: none },
    connect: { timeout: timeouts.connectionTimeout },
    bodyTimeout: timeouts.socketTimeout,
  });
  return agent.compose((dispatch) => (options, handler) => dispatch(options, new NamedRefusals(handler)));
}

const refusal = (status: string, proxy: string) =>
  `The proxy ${withoutSecrets(proxy)} refuses the connection (HTTP ${status})${status === '407' ? ': it needs a user and a password, as in http://USER:PASSWORD@HOST:PORT' : ''}. Hosts in NO_PROXY are reached without it.`;

/** @returns undefined without a proxy: then the global one is right. @throws UsageError */
export async function proxiedFetch(
  env: NodeJS.ProcessEnv,
  timeouts: Timeouts,
): Promise<typeof fetch | undefined> {
  const proxies = proxiesOf(env);
  if (!proxies) return undefined;
  const [undici, dispatcher] = await Promise.all([import('undici'), dispatcherOf(proxies, timeouts)]);
  // The types of a library and of Node for the same standard.
  const send = undici.fetch as unknown as (input: unknown, init: object) => Promise<Response>;
  return (input, init) => send(input, { ...init, dispatcher });
}

/** @returns the handler for SDK clients. @throws UsageError */
export async function requestHandler(env: NodeJS.ProcessEnv, timeouts: Timeouts): Promise<RequestHandler> {
  const proxies = proxiesOf(env);
  if (!proxies) return timeouts;
  const { UndiciHttpHandler } = await import('@smithy/undici-http-handler');
  return new UndiciHttpHandler({ dispatcher: await dispatcherOf(proxies, timeouts) });
}
