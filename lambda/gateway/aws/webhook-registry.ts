/** Registered webhooks in DynamoDB. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import {
  storedWebhookSchema,
  WEBHOOK_KEYS,
  webhookKey,
  webhooksOf,
  type StoredWebhook,
} from '../../../contract/webhook.ts';
import type { WebhookChange, WebhookRegistry } from '../webhooks.ts';

export class DynamoWebhookRegistry implements WebhookRegistry {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async list(owner: string): Promise<StoredWebhook[]> {
    const { Items = [] } = await this.documents.send(
      new QueryCommand({ TableName: this.tableName, ...webhooksOf(owner), ConsistentRead: true }),
    );
    return Items.map((item) => storedWebhookSchema.parse(item));
  }

  async get(owner: string, id: string): Promise<StoredWebhook | undefined> {
    const { Item } = await this.documents.send(
      new GetCommand({ TableName: this.tableName, Key: webhookKey({ owner, id }), ConsistentRead: true }),
    );
    return Item && storedWebhookSchema.parse(Item);
  }

  async create(webhook: StoredWebhook): Promise<boolean> {
    const put = new PutCommand({
      TableName: this.tableName,
      Item: webhook,
      ConditionExpression: 'attribute_not_exists(#id)',
      ExpressionAttributeNames: { '#id': WEBHOOK_KEYS.sort },
    });
    return (await unlessFalse(this.documents.send(put))) !== undefined;
  }

  async change(
    { owner, id, secrets }: StoredWebhook,
    change: WebhookChange,
  ): Promise<StoredWebhook | undefined> {
    const update = new UpdateCommand({
      TableName: this.tableName,
      Key: webhookKey({ owner, id }),
      UpdateExpression:
        'SET #url = :url, signing = :signing, secrets = :secrets, failures = :none REMOVE disabledAt, retryAt, leaseUntil',
      // Of two rotations at once both would show a secret, and one of them would be lost.
      ConditionExpression: 'secrets[0].secret = :before',
      ExpressionAttributeNames: { '#url': 'url' },
      ExpressionAttributeValues: {
        ...{ ':url': change.url, ':signing': change.signing, ':secrets': change.secrets },
        ...{ ':before': secrets[0]?.secret, ':none': 0 },
      },
      ReturnValues: 'ALL_NEW',
    });
    const answer = await unlessFalse(this.documents.send(update));
    return answer && storedWebhookSchema.parse(answer.Attributes);
  }

  async remove(owner: string, id: string): Promise<void> {
    await this.documents.send(
      new DeleteCommand({ TableName: this.tableName, Key: webhookKey({ owner, id }) }),
    );
  }
}

async function unlessFalse<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
