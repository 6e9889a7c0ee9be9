/** What CloudFront, its firewall and the gateway agree on: of a stage with `cdn`, headers of a request that came through the stage's distribution. */

/** A secret that the distribution alone knows. */
export const ORIGIN_SECRET_HEADER = 'x-origin-secret';
/** Address of the viewer, which API Gateway does not see: it sees CloudFront's. */
export const VIEWER_ADDRESS_HEADER = 'x-viewer-address';

/** Between the digests in the gateway's environment. */
export const DIGEST_SEPARATOR = ',';

/** Runs in CloudFront for each request of the API. It replaces a header that the viewer has sent. */
export const VIEWER_FUNCTION = `function handler(event) {
  event.request.headers['${VIEWER_ADDRESS_HEADER}'] = { value: event.viewer.ip };
  return event.request;
}`;

/** Longest body of a request, which the gateway and the firewall take: that of a photo has about 150 bytes. */
export const MOST_BODY_BYTES = 8192;

/** Of the firewall, in their order: the first that refuses a request answers it. */
export const FIREWALL_RULES = ['requests-per-address', 'long-body', 'known-attackers'] as const;
export type FirewallRule = (typeof FIREWALL_RULES)[number];
