/** Sends bytes to a link and tells how far it is, which fetch cannot. */
import type { CreatedPhoto } from '../../../contract/photo-api.ts';

const STALL_MS = 60_000;

/** What came back, as far as the browser lets a page see it. Rejects when the link cannot be reached. */
export function sendWithProgress(
  { method, url, headers }: CreatedPhoto['upload'],
  body: Blob,
  progress: (part: number) => void,
  signal: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    // A connection that died without a word would hold its place for minutes.
    let watch: number | undefined;
    const alive = () => {
      clearTimeout(watch);
      watch = window.setTimeout(() => {
        request.abort();
        reject(new TypeError(`nothing was sent for ${STALL_MS / 1000} s`));
      }, STALL_MS);
    };
    alive();
    request.onloadend = () => clearTimeout(watch);
    request.upload.onprogress = ({ loaded, total }) => {
      alive();
      progress(total > 0 ? loaded / total : 0);
    };
    request.onload = () => resolve(new Response(request.responseText, { status: request.status }));
    request.onerror = () => reject(new TypeError('the link cannot be reached'));
    request.onabort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(body);
  });
}
