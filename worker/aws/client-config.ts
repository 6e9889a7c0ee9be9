/**
 * How long the worker's AWS clients wait. The SDK's own default is for ever: a connection that went silent would hold a
 * photo, which stays hidden meanwhile since its visibility is renewed.
 */

/** Of a connection that carries nothing; a receive waits 5 s for a message. */
const SILENT_MS = 15_000;
/** Of a request, its upload included: the largest results take seconds. */
const REQUEST_MS = 60_000;

export const clientConfig = (region: string) => ({
  region,
  retryMode: 'standard',
  maxAttempts: 4,
  requestHandler: {
    connectionTimeout: 3000,
    socketTimeout: SILENT_MS,
    requestTimeout: REQUEST_MS,
    // Otherwise the SDK only logs that it was late.
    throwOnRequestTimeout: true,
  },
});
