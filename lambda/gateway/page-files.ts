/** The page's files, as the build left them beside the function: each as it is, and compressed. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE_SETTINGS_ID, type PageSettings } from '../../contract/page.ts';
import { gzipSync } from 'node:zlib';
import { fileResponse, notModified, type Request, type Response } from './http.ts';

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

interface PageFile {
  type: string;
  etag: string;
  plain: Buffer;
  gzip: Buffer;
}

/** Everything from here and from nobody else, but for the bucket's links and the issuer's tokens. */
const policy = (connect: string[]) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    `connect-src 'self' ${connect.join(' ')}`.trim(),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

export interface PageConfig {
  settings: PageSettings;
  /** Origins that the page may talk to beside its own. */
  connect: string[];
}

export class Page {
  private readonly files = new Map<string, PageFile>();
  private config: Promise<PageConfig> | undefined;

  /**
   * @param folder of the files; without it there is no page
   * @param facts asked for once, and again after it has failed
   */
  constructor(
    private readonly folder: string,
    private readonly facts: () => Promise<PageConfig>,
  ) {}

  /** Undefined where there is no such file. */
  async serve(name: string, { headers }: Request): Promise<Response | undefined> {
    this.config ??= this.facts().catch((error: unknown) => {
      this.config = undefined;
      throw error;
    });
    const { settings, connect } = await this.config;
    const found = this.files.get(name) ?? this.read(name, settings);
    if (!found) return undefined;
    const { type, etag, plain, gzip } = found;
    if (headers['if-none-match'] === etag) return notModified(etag);
    const zipped = takesGzip(headers['accept-encoding'] ?? '');
    return fileResponse(zipped ? gzip : plain, type, {
      etag,
      vary: 'accept-encoding',
      // Asked about again each time, which costs a 304; a deploy is seen at once.
      'cache-control': 'no-cache',
      'content-security-policy': policy(connect),
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      'cross-origin-opener-policy': 'same-origin',
      ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    });
  }

  private read(name: string, settings: PageSettings): PageFile | undefined {
    const path = join(this.folder, name);
    if (!existsSync(path)) return undefined;
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const text = readFileSync(path, 'utf8');
    const plain = Buffer.from(name.endsWith('.html') ? withSettings(text, settings) : text);
    const etag = `"${createHash('sha256').update(plain).digest('hex').slice(0, 20)}"`;
    const read = { type, etag, plain, gzip: gzipSync(plain, { level: 9 }) };
    this.files.set(name, read);
    return read;
  }
}

/** RFC 9110, 12.5.3: a weight of 0 is a no. */
const takesGzip = (accepted: string) =>
  accepted.split(',').some((one) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(one));

/** As JSON in a script element that is not run, where `<` would end it. */
const withSettings = (html: string, settings: PageSettings) =>
  html.replace(
    new RegExp(`(<script type="application/json" id="${PAGE_SETTINGS_ID}">)[^<]*`),
    (_, start: string) => start + JSON.stringify(settings).replaceAll('<', '\\u003c'),
  );
