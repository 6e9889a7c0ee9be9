/** Serves the page's files, plain or gzipped, with its security policy. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PAGE_SETTINGS_ID, type PageSettings } from '../../contract/page.ts';
import type { Request } from './request.ts';
import { fileResponse, notModified, type Response } from './response.ts';

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
};

interface PageFile {
  type: string;
  etag: string;
  plain: Buffer;
  gzip: Buffer;
}

/** Everything from the page's own origin, apart from requests to the bucket and the issuer. */
const contentSecurityPolicy = (connect: string[]) =>
  [
    "default-src 'none'",
    // The image worker's kernels are WebAssembly. This allows no script that is not the page's own.
    "script-src 'self' 'wasm-unsafe-eval'",
    // The image worker, and the service worker.
    "worker-src 'self'",
    "manifest-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    `connect-src 'self' ${connect.join(' ')}`.trim(),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

export interface PageConfig {
  settings: PageSettings;
  /** Further origins that the page may send requests to. */
  connect: string[];
}

export class PageServer {
  private readonly files = new Map<string, PageFile>();
  private config: Promise<PageConfig> | undefined;

  /**
   * @param folder with the built files
   * @param loadConfig called once, and again after a failure
   */
  constructor(
    private readonly folder: string,
    private readonly loadConfig: () => Promise<PageConfig>,
  ) {}

  /** @returns undefined for a missing file */
  async serve(name: string, { headers }: Request): Promise<Response | undefined> {
    this.config ??= this.loadConfig().catch((error: unknown) => {
      this.config = undefined;
      throw error;
    });
    const { settings, connect } = await this.config;
    const found = this.files.get(name) ?? this.read(name, settings);
    if (!found) return undefined;
    const { type, etag, plain, gzip } = found;
    if (headers['if-none-match'] === etag) return notModified(etag);
    const zipped = acceptsGzip(headers['accept-encoding'] ?? '');
    return fileResponse(zipped ? gzip : plain, type, {
      etag,
      vary: 'accept-encoding',
      // Revalidated on each load, at the price of a 304, so that a deployment takes effect at once.
      'cache-control': 'no-cache',
      'content-security-policy': contentSecurityPolicy(connect),
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      'cross-origin-opener-policy': 'same-origin',
      ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    });
  }

  private read(name: string, settings: PageSettings): PageFile | undefined {
    const path = join(this.folder, name);
    if (!existsSync(path)) return undefined;
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const content = readFileSync(path);
    const plain = name.endsWith('.html') ? Buffer.from(withSettings(content.toString(), settings)) : content;
    const etag = `"${createHash('sha256').update(plain).digest('hex').slice(0, 20)}"`;
    const file = { type, etag, plain, gzip: gzipSync(plain, { level: 9 }) };
    this.files.set(name, file);
    return file;
  }
}

/** RFC 9110, 12.5.3: a weight of 0 means not accepted. */
const acceptsGzip = (acceptEncoding: string) =>
  acceptEncoding.split(',').some((one) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(one));

/** Puts the settings as JSON into their script element, with `<` escaped because it could end the element. */
function withSettings(html: string, settings: PageSettings): string {
  const tag = `<script type="application/json" id="${PAGE_SETTINGS_ID}">`;
  const start = html.indexOf(tag);
  if (start < 0) return html;
  const from = start + tag.length;
  return (
    html.slice(0, from) +
    JSON.stringify(settings).replaceAll('<', '\\u003c') +
    html.slice(html.indexOf('<', from))
  );
}
