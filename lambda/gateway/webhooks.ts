/** The requests of webhooks: each caller has a few of its own, and no caller sees another's. */
import {
  parseTarget,
  RefusedTarget,
  resolveTarget,
  type TargetOptions,
} from '../../common/public-address.ts';
import {
  MOST_WEBHOOKS,
  newWebhookSchema,
  OVERLAP_SECONDS,
  ownerDigest,
  WEBHOOK_ID,
  WEBHOOK_ID_RULE,
  type NewWebhook,
  type StoredWebhook,
  type WebhookSecret,
  type WebhookView,
} from '../../contract/webhook.ts';
import { newSecret, rotated, validSecrets } from '../../contract/webhook-signature.ts';
import type { Caller } from './ports.ts';
import { ProblemError } from './problems.ts';
import { isoTime } from './quotas.ts';
import { parseBody, type Request } from './request.ts';

/** What a request changes of a webhook that exists; its deliveries go on. */
export type WebhookChange = Pick<StoredWebhook, 'url' | 'signing' | 'secrets'>;

export interface WebhookRegistry {
  list(owner: string): Promise<StoredWebhook[]>;
  get(owner: string, id: string): Promise<StoredWebhook | undefined>;
  /** @returns false where one of this id is there */
  create(webhook: StoredWebhook): Promise<boolean>;
  /**
   * Also switches it on again, and ends its lease: what a run has seen of the receiver before does not count.
   *
   * @returns undefined where it was deleted, or its secrets have changed, since it was read
   */
  change(before: StoredWebhook, change: WebhookChange): Promise<StoredWebhook | undefined>;
  remove(owner: string, id: string): Promise<void>;
}

export interface WebhookPorts {
  registry: WebhookRegistry;
  targets: TargetOptions;
  /** Unguessable. */
  newTarget: () => string;
}

/** Beside what every response has of a webhook: a secret that was made for this request. */
function viewOf(webhook: StoredWebhook, now: number, made?: WebhookSecret): WebhookView {
  const { id, url, signing, createdAt, secrets, disabledAt, failures, lastSuccessAt, lastFailure } = webhook;
  const publicKeys = validSecrets(secrets, now).flatMap(({ publicKey }) => publicKey ?? []);
  return {
    ...{ id, url, signing, createdAt: isoTime(createdAt) },
    ...(signing === 'hmac' && made && { secret: made.secret }),
    ...(publicKeys.length > 0 && { publicKeys }),
    state: disabledAt !== undefined ? 'disabled' : failures > 0 ? 'failing' : 'active',
    lastSuccessAt: lastSuccessAt === undefined ? null : isoTime(lastSuccessAt),
    lastFailure: lastFailure ? { at: isoTime(lastFailure.at), reason: lastFailure.reason } : null,
  };
}

const notFound = () => new ProblemError('not-found', 'There is no webhook with this id.');

/** @throws ProblemError `bad-request` */
async function checkUrl(url: string, targets: TargetOptions): Promise<void> {
  try {
    parseTarget(url, targets.allowLoopback);
    await resolveTarget(url, targets);
  } catch (error) {
    if (!(error instanceof RefusedTarget)) throw error;
    const detail = `url: ${error.message}. A receiver has an https address with a public name.`;
    throw new ProblemError('bad-request', detail);
  }
}

export class Webhooks {
  constructor(private readonly ports: WebhookPorts) {}

  async list(caller: Caller, now: number): Promise<{ webhooks: WebhookView[] }> {
    const stored = await this.ports.registry.list(ownerDigest(caller.owner));
    return { webhooks: stored.map((webhook) => viewOf(webhook, now)) };
  }

  async read(id: string, caller: Caller, now: number): Promise<WebhookView> {
    const stored = await this.stored(id, caller);
    if (!stored) throw notFound();
    return viewOf(stored, now);
  }

  async remove(id: string, caller: Caller): Promise<void> {
    if (!(await this.stored(id, caller))) throw notFound();
    await this.ports.registry.remove(ownerDigest(caller.owner), id);
  }

  async put(
    request: Request,
    caller: Caller,
    now: number,
  ): Promise<{ isNew: boolean; webhook: WebhookView }> {
    const id = request.parameters.id ?? '';
    if (!WEBHOOK_ID.test(id)) throw new ProblemError('bad-request', `id: ${WEBHOOK_ID_RULE}.`);
    const wanted = parseBody(request, newWebhookSchema);
    await checkUrl(wanted.url, this.ports.targets);
    const before = await this.stored(id, caller);
    return before ? this.change(before, wanted, now) : this.create(id, wanted, caller, now);
  }

  private async create(id: string, { url, signing = 'hmac' }: NewWebhook, caller: Caller, now: number) {
    const { registry, newTarget } = this.ports;
    const owner = ownerDigest(caller.owner);
    const count = (await registry.list(owner)).length;
    if (count >= MOST_WEBHOOKS)
      throw new ProblemError('bad-request', `You have ${count} webhooks; the maximum is ${MOST_WEBHOOKS}.`);
    const secret = newSecret(signing);
    const webhook: StoredWebhook = {
      ...{ owner, id, target: newTarget(), url, signing, secrets: [secret], createdAt: now, failures: 0 },
    };
    if (!(await registry.create(webhook))) throw conflict();
    // Of several requests at once none has counted the others.
    if ((await registry.list(owner)).length > MOST_WEBHOOKS) {
      await registry.remove(owner, id);
      throw conflict();
    }
    return { isNew: true, webhook: viewOf(webhook, now, secret) };
  }

  private async change(
    before: StoredWebhook,
    { url, signing = before.signing, rotate = false }: NewWebhook,
    now: number,
  ) {
    const isRotated = rotate || signing !== before.signing;
    const fresh = isRotated ? newSecret(signing) : undefined;
    const secrets = fresh ? rotated(before.secrets, fresh, now, OVERLAP_SECONDS) : before.secrets;
    const after = await this.ports.registry.change(before, { url, signing, secrets });
    if (!after) throw conflict();
    return { isNew: false, webhook: viewOf(after, now, fresh) };
  }

  private stored(id: string, { owner }: Caller): Promise<StoredWebhook | undefined> {
    return WEBHOOK_ID.test(id) ? this.ports.registry.get(ownerDigest(owner), id) : Promise.resolve(undefined);
  }
}

const conflict = () =>
  new ProblemError('unavailable', 'Another request changed your webhooks; try again in a moment.', 1);
