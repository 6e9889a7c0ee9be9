/** What the scaler published last, from its table. */
import { GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { MEMORY_KEY, TABLE_KEY, VIEW_ATTRIBUTE } from '../../../contract/names.ts';
import { viewSchema, type View } from '../../../contract/view.ts';
import type { ViewReader } from '../ports.ts';

/** Polls come by the second, ticks do not: what was read a moment ago will do, seconds. */
const FRESH_SECONDS = 2;

export class DynamoViewReader implements ViewReader {
  private last: { at: number; view: View | undefined } | undefined;

  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly now: () => number,
    private readonly warn: (why: string) => void,
  ) {}

  async read() {
    const { last } = this;
    if (last && this.now() - last.at < FRESH_SECONDS) return last.view;
    const view = await this.fetch().catch((error: Error) => {
      // A photo's state does not hang on how long it will take: nobody knows, for now.
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
