/** What the gateway's function and its page agree on; plain values, since browsers have them too. */

/** Files of the page, by the path they are asked for; the first is at `/` as well. */
export const PAGE_FILES = ['index.html', 'app.js', 'image-worker.js', 'style.css', 'icon.svg'] as const;

/** Id in the page's HTML of the JSON that tells it what this stage does. */
export const PAGE_SETTINGS_ID = 'settings';

/** Where the page sends its users to sign in, by OpenID's discovery. */
export interface SignInSettings {
  authorizationEndpoint: string;
  tokenEndpoint: string;
  clientId: string;
}

/** What the page is told. */
export interface PageSettings {
  maxUploadBytes: number;
  /** Side of the square that colours are computed at; 0 where the browser cannot do its part. */
  chromaSize: number;
  /** Null where nobody has to. */
  signIn: SignInSettings | null;
}
