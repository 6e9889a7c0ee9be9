/** Values shared by the gateway function and its page; also for browsers: no schema library here. */

import type { OfferedWorkflow } from './offered-workflow.ts';
import type { PhotoOption } from './photo-option.ts';

/** Files of the page by path; the first is also served at `/`. */
export const PAGE_FILES = [
  'index.html',
  'app.js',
  'image-worker.js',
  'style.css',
  'icon.svg',
  'icon-192.png',
  'icon-512.png',
  'manifest.webmanifest',
  'service-worker.js',
] as const;

/** Id of the page's script element with {@link PageSettings} as JSON. */
export const PAGE_SETTINGS_ID = 'settings';

/** OpenID sign-in of the page, from the issuer's discovery document. */
export interface SignInSettings {
  authorizationEndpoint: string;
  tokenEndpoint: string;
  clientId: string;
}

export interface PageSettings {
  maxUploadBytes: number;
  /** Side in pixels of the square at which colours are computed; 0 if the stage colours whole photos only. */
  chromaSize: number;
  /** Seconds within which a photo of the bulk lane is coloured; 0 if the stage has no bulk lane. */
  bulkDeadlineSeconds: number;
  /** That photos of the stage's workflow have. */
  options: readonly PhotoOption[];
  /** That a photo may name, the stage's own first. @default - the stage has one workflow */
  workflows?: readonly OfferedWorkflow[] | undefined;
  /** Null without sign-in. */
  signIn: SignInSettings | null;
}
