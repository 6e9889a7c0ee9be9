/** The service over its HTTP API. */
import { download } from '../../../client/download.ts';
import type { PhotoApi } from '../../../client/api.ts';
import { withRetries } from '../../../client/retry.ts';
import { ApiError } from '../../../client/errors.ts';
import { isLinkExpired, sendWithFetch, upload } from '../../../client/upload.ts';
import { safeFileName } from '../../../contract/file-name.ts';
import { PHOTO_TYPES } from '../../../contract/photo-types.ts';
import { UserError } from '../../../common/errors.ts';
import type { Outgoing, Service, PhotoStatus, SubmitOptions } from './service.ts';

/** Upload links per photo: sending may take longer than a link is valid. */
const MAX_LINKS = 5;

export class ApiService implements Service {
  constructor(
    readonly name: string,
    private readonly api: PhotoApi,
  ) {}

  async check(signal: AbortSignal): Promise<void> {
    await this.api.health(signal).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.retryable) throw error;
      throw new UserError(
        `${this.name} does not answer as the API does (HTTP ${error.status}): it is the output ApiUrl of a stage's stack.`,
        { cause: error },
      );
    });
  }

  async submit({ name, type, body }: Outgoing, options: SubmitOptions): Promise<string> {
    if (!type) {
      throw new ApiError('unsupported-type', 415, `This format is not taken: ${PHOTO_TYPES.join(', ')} are.`);
    }
    const { api } = this;
    const photo = { name: safeFileName(name), type, size: body.length };
    for (let link = 1; ; link++) {
      const created = await withRetries(() => api.create(photo, options.signal), options);
      options.announced(created.id);
      try {
        await upload(created, body, sendWithFetch, options);
        return created.id;
      } catch (error) {
        // Only this process has the link, so the stored photo is this one.
        if (error instanceof ApiError && error.code === 'link-used') return created.id;
        if (!isLinkExpired(error) || link === MAX_LINKS) throw error;
      }
    }
  }

  async look(id: string, signal: AbortSignal): Promise<PhotoStatus> {
    const look = await this.api.status(id, signal);
    if (look.status !== 'succeeded') return look;
    const fetch = async (abort: AbortSignal) =>
      Buffer.from(await (await download(this.api, look, { signal: abort })).arrayBuffer());
    return { status: 'done', fetch };
  }
}
