/** Uploads with progress events, which `fetch` does not have. */
import type { CreatedPhoto } from '../../../contract/photo-api.ts';

const STALL_MS = 60_000;
/** Of an error of S3, which is read. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * @param onProgress called with 0 to 1
 * @returns the response, as far as CORS lets a page read it
 * @throws TypeError when the link cannot be reached; the signal's reason
 */
export function sendWithProgress(
  { method, url, headers }: CreatedPhoto['upload'],
  body: Blob,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    // Without this, a dead connection would hold one of the concurrent uploads for minutes.
    let timer: number | undefined;
    const fail = (why: string) => {
      reject(new TypeError(why));
      request.abort();
    };
    const restartTimer = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => fail(`no bytes sent for ${STALL_MS / 1000} s`), STALL_MS);
    };
    restartTimer();
    // Its socket is dead once the device has another network; the retry waits for that.
    const lost = () => fail('the device is offline');
    window.addEventListener('offline', lost);
    request.onloadend = () => {
      clearTimeout(timer);
      window.removeEventListener('offline', lost);
    };
    request.onprogress = ({ loaded }) => {
      if (loaded > MAX_ANSWER_BYTES) fail('the answer is too long');
    };
    request.upload.onprogress = ({ loaded, total }) => {
      restartTimer();
      onProgress(total > 0 ? loaded / total : 0);
    };
    request.onload = () => {
      // XMLHttpRequest follows redirects; the page's policy keeps them at the bucket.
      if (request.responseURL !== new URL(url, location.href).href) return fail('the link redirects');
      resolve(new Response(request.responseText, { status: request.status }));
    };
    request.onerror = () => reject(new TypeError('the link cannot be reached'));
    request.onabort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(body);
  });
}
