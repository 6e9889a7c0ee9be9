/**
 * Which links and upload headers of a service a client follows. The service decides where a photo goes; it must not make the
 * client open a file or a script, send more than the photo, or reach into the network that the client is in.
 */

/** A presigned link has about 1.5 kB, most of it the session token. */
const MAX_LINK_LENGTH = 8192;

const LOOPBACK = /^((.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])\.?$/;
/** Not a public name: an address, or a name that only this network resolves. The URL parser has made 0x7f.1 to 127.0.0.1. */
const LOCAL_HOST = /^\[|^[\d.]+$|^[^.]+\.?$|\.(localhost|local|internal|home\.arpa)\.?$/;

/**
 * https to any public name; otherwise only to the service's own host, or from loopback to loopback, and by http only if the
 * service is used by http as well.
 *
 * @param service the address that the user gave
 * @returns why not, with what is allowed; undefined for a link to follow
 */
export function linkProblem(link: unknown, service: URL): string | undefined {
  if (typeof link !== 'string' || link.length > MAX_LINK_LENGTH || !URL.canParse(link))
    return `A link is not a URL of at most ${MAX_LINK_LENGTH} characters.`;
  const { protocol, hostname, username, password } = new URL(link);
  const shown = `The link to '${protocol}//${hostname.slice(0, 80)}' is not followed`;
  if (username || password) return `${shown}: it has a user name or password.`;
  const isNear =
    hostname === service.hostname || (LOOPBACK.test(hostname) && LOOPBACK.test(service.hostname));
  if (protocol !== 'https:' && !(protocol === 'http:' && service.protocol === 'http:' && isNear))
    return `${shown}: it must be https, or http to the host of a service that is used by http.`;
  if (isNear || !LOCAL_HOST.test(hostname)) return undefined;
  return `${shown}: a local host is allowed only if it is the service's own.`;
}

/** What the gateway signs, and what S3 may add to it. A link carries its own permission, so credentials are not among them. */
const ALLOWED_HEADER = /^(content-type|if-none-match|x-amz-[a-z0-9-]{1,60})$/;
const MAX_HEADERS = 16;
const HEADER_VALUE = /^[\x20-\x7e]{0,1024}$/;

/** @returns why an upload must not send these headers; undefined if it may */
export function headersProblem(headers: Record<string, unknown>): string | undefined {
  const all = Object.entries(headers);
  if (all.length > MAX_HEADERS) return `${all.length} upload headers: at most ${MAX_HEADERS} are allowed.`;
  for (const [name, value] of all) {
    if (!ALLOWED_HEADER.test(name.toLowerCase()))
      return `The upload header ${JSON.stringify(name.slice(0, 60))} is not sent: allowed are content-type, if-none-match and x-amz-…`;
    if (typeof value !== 'string' || !HEADER_VALUE.test(value))
      return `The value of the upload header '${name}' is not sent: allowed are up to 1024 printable ASCII characters.`;
  }
  return undefined;
}
