/** Reads the view that the scaler publishes in its DynamoDB table. */
import { GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { MEMORY_KEY, TABLE_KEY, VIEW_ATTRIBUTE } from '../../../contract/names.ts';
import { viewSchema, type View } from '../../../contract/view.ts';
import type { ViewReader } from '../ports.ts';

/** Clients poll more often than the scaler ticks. */
const CACHE_SECONDS = 2;

export class DynamoViewReader implements ViewReader {
  private last: { at: number; view: View | undefined } | undefined;

  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly now: () => number,
    private readonly warn: (error: string) => void,
  ) {}

  async read() {
    const { last } = this;
    if (last && this.now() - last.at < CACHE_SECONDS) return last.view;
    const view = await this.fetch().catch((error: Error) => {
      // A photo's status does not depend on the estimate.
      this.warn(error.message);
      return undefined;
    });
    this.last = { at: this.now(), view };
    return view;
  }

  private async fetch(): Promise<View | undefined> {
    const { Item } = await this.documents.send(
      new GetCommand({
        TableName: this.tableName,
        Key: { [TABLE_KEY]: MEMORY_KEY },
        ProjectionExpression: '#view',
        ExpressionAttributeNames: { '#view': VIEW_ATTRIBUTE },
      }),
    );
    const view: unknown = Item?.[VIEW_ATTRIBUTE];
    return view === undefined ? undefined : viewSchema.parse(view);
  }
}
