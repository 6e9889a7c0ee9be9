/** Which proxies the environment names. */
import { UsageError, UserError } from '../../common/errors.ts';
import { withoutSecrets } from '../../common/terminal.ts';

/** Milliseconds. */
export interface Timeouts {
  connectionTimeout: number;
  /** Without a byte. */
  socketTimeout: number;
}

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
    const value = name && read(name);
    return name && value ? addressOf(name, value) : '';
  };
  const [http, https] = [first('HTTP_PROXY', 'ALL_PROXY'), first('HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY')];
  const none = read('NO_PROXY') ?? '';
  // undici knows an asterisk for every host only as the whole list.
  if ((http === '' && https === '') || none.split(/[,\s]/).includes('*')) return undefined;
  return { http, https, none: `${none},${OWN_HOSTS}` };
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
