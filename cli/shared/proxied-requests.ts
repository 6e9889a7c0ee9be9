/** `fetch` and the requests of the AWS SDK through a proxy. */
import { DecoratorHandler, EnvHttpProxyAgent, fetch as undiciFetch, type Dispatcher } from 'undici';
import { UndiciHttpHandler } from '@smithy/undici-http-handler';
import { withoutSecrets } from '../../common/terminal.ts';
import { ProxyRefused, type Proxies, type Timeouts } from './proxy-settings.ts';

const REFUSED = /^Proxy response \((\d+)\)/;

function dispatcherOf({ http, https, none }: Proxies, timeouts: Timeouts): Dispatcher {
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

export function fetchThrough(proxies: Proxies, timeouts: Timeouts): typeof fetch {
  const dispatcher = dispatcherOf(proxies, timeouts);
  // The types of a library and of Node for the same standard.
  const send = undiciFetch as unknown as (input: unknown, init: object) => Promise<Response>;
  return (input, init) => send(input, { ...init, dispatcher });
}

export const handlerThrough = (proxies: Proxies, timeouts: Timeouts): UndiciHttpHandler =>
  new UndiciHttpHandler({ dispatcher: dispatcherOf(proxies, timeouts) });
