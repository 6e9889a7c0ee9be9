/**
 * Client of the instance metadata service, version 2.
 *
 * - A path without a value (no Spot notice, no lifecycle transition yet, tags not there yet) is a 404.
 * - A token becomes invalid when the instance is stopped and started: after a 401 a new one is requested, once.
 */

const TOKEN_SECONDS = 21_600;
/** The service is local to the instance: a slower answer counts as none. */
const TIMEOUT_MS = 1000;

export class Metadata {
  private token: string | undefined;

  /** @param endpoint for example `http://169.254.169.254` */
  constructor(private readonly endpoint: string) {}

  /**
   * Reads the text at a path below `meta-data/`; undefined where there is none.
   *
   * @throws when the service does not answer, or answers with an error other than 404
   */
  async read(path: string): Promise<string | undefined> {
    let response = await this.get(path);
    if (response.status === 401) {
      this.token = undefined;
      response = await this.get(path);
    }
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`instance metadata '${path}': HTTP ${response.status}`);
    return text.trim();
  }

  private async get(path: string): Promise<Response> {
    this.token ??= await this.newToken();
    return this.fetch(`meta-data/${path}`, { headers: { 'X-aws-ec2-metadata-token': this.token } });
  }

  private async newToken(): Promise<string> {
    const headers = { 'X-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) };
    const response = await this.fetch('api/token', { method: 'PUT', headers });
    if (!response.ok) throw new Error(`instance metadata token: HTTP ${response.status}`);
    return response.text();
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    const url = `${this.endpoint.replace(/\/$/, '')}/latest/${path}`;
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (cause) {
      throw new Error(`instance metadata at ${this.endpoint} does not answer`, { cause });
    }
  }
}
