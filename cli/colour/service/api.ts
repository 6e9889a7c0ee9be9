/** The service over its HTTP API. */
import { download } from '../../../client/download.ts';
import type { PhotoApi } from '../../../client/api.ts';
import { withRetries } from '../../../client/retry.ts';
import { ApiError } from '../../../client/errors.ts';
import { isLinkExpired, sendWith, upload } from '../../../client/upload.ts';
import { safeFileName } from '../../../contract/file-name.ts';
import { PHOTO_TYPES } from '../../../contract/photo-types.ts';
import { UserError } from '../../../common/errors.ts';
import { ProxyRefused } from '../../shared/proxy-settings.ts';
import { WORKFLOW_METADATA } from '../../../contract/workflow-names.ts';
import type { Outgoing, Service, PhotoStatus, SubmitOptions } from './service.ts';

/** Upload links per photo: sending may take longer than a link is valid. */
const MAX_LINKS = 5;

/** A proxy's refusal is that of every request, and no other try changes it. `fetch` puts the reason into a cause. */
const refusalOf = (error: unknown): ProxyRefused | undefined =>
  error instanceof ProxyRefused ? error : error instanceof Error ? refusalOf(error.cause) : undefined;

export class ApiService implements Service {
  constructor(
    readonly name: string,
    private readonly api: PhotoApi,
    /** For links. @default the global one */
    private readonly send?: typeof fetch,
  ) {}

  async check(signal: AbortSignal): Promise<void> {
    await this.api.health(signal).catch((error: unknown) => {
      const refusal = refusalOf(error);
      if (refusal) throw refusal;
      if (!(error instanceof ApiError) || error.retryable) throw error;
      throw new UserError(
        `${this.name} does not answer as the API does (HTTP ${error.status}): it is the output ApiUrl of a stage's stack.`,
        { cause: error },
      );
    });
  }

  async submit(
    { name, type, body, colouredPhotos, lane, options: chosen = {} }: Outgoing,
    options: SubmitOptions,
  ): Promise<string> {
    if (!type) {
      throw new ApiError('unsupported-type', 415, `This format is not taken: ${PHOTO_TYPES.join(', ')} are.`);
    }
    const { api } = this;
    const { [WORKFLOW_METADATA]: workflow, ...ofWorkflow } = chosen;
    const photo = {
      name: safeFileName(name),
      type,
      size: body.length,
      ...(colouredPhotos && { colouredPhotos }),
      // A stage of an earlier version takes no lane, and has no other.
      ...(lane === 'bulk' && { lane }),
      ...(workflow !== undefined && { workflow: String(workflow) }),
      ...(Object.keys(ofWorkflow).length > 0 && { options: ofWorkflow }),
    };
    for (let link = 1; ; link++) {
      const created = await withRetries(() => api.create(photo, options.signal), options);
      options.announced(created.id);
      try {
        await upload(created, body, sendWith(this.send), options);
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
      Buffer.from(await (await download(this.api, look, { signal: abort, fetch: this.send })).arrayBuffer());
    return { status: 'done', fetch, ...(look.remarks && { remarks: look.remarks }) };
  }
}
