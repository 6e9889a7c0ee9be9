/** Requests to a local AWS without a client of the SDK, signed with the credentials of this process. */
import { signer } from '../../cli/colour/service/sign.ts';
import { clientConfig } from '../../common/environment.ts';

export interface SignedRequest {
  service: string;
  path: string;
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
}

export async function signedFetch(endpoint: string, request: SignedRequest): Promise<Response> {
  const { service, path, method, headers = {}, body } = request;
  const url = new URL(path, endpoint).href;
  const { credentials, region } = clientConfig(endpoint);
  const signed = await signer(credentials, region, service)({ method, url, headers, body });
  return fetch(url, { method, headers: signed, ...(body !== undefined && { body }) });
}
