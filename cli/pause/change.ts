/**
 * Sets and removes pauses in the scaler's item. Each write changes only its own attributes within `controls`, on the
 * condition that the item has the expected shape, so that it overwrites nothing of the scaler or of other operators.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand, type DynamoDBDocumentClient, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { MEMORY_KEY, TABLE_KEY } from '../../contract/names.ts';
import type { Controls } from '../../lambda/scaler/policy/controls.ts';
import { UserError } from '../../common/errors.ts';
import { awsCall } from '../shared/aws-errors.ts';
import { readItem } from '../shared/table.ts';

export type PauseName = Extract<keyof Controls, 'pauseScaleOut' | 'pauseScaleIn'>;

export interface Change {
  names: PauseName[];
  /** End of the pause, epoch seconds; null: until it is removed; undefined removes it. */
  until: number | null | undefined;
}

/** Others may create or remove the attribute between two attempts, but not this often. */
const ATTEMPTS = 5;
const NEEDS = 'dynamodb:UpdateItem and dynamodb:GetItem on the scaler’s table';

type Update = Pick<UpdateCommandInput, 'UpdateExpression' | 'ConditionExpression'> & {
  Values: Record<string, unknown>;
};

const paths = (names: PauseName[]) => names.map((_, k) => `#controls.#n${k}`);

/** The writes to try in turn, until the condition of one holds. */
function updatesOf({ names, until }: Change): Update[] {
  const isMap = 'attribute_type(#controls, :map)';
  if (until === undefined) {
    const UpdateExpression = `REMOVE ${paths(names).join(', ')}`;
    return [{ UpdateExpression, ConditionExpression: isMap, Values: { ':map': 'M' } }];
  }
  const value = until === null ? {} : { until };
  const sets = paths(names).map((path) => `${path} = :value`);
  const whole = Object.fromEntries(names.map((name) => [name, value]));
  return [
    {
      UpdateExpression: `SET ${sets.join(', ')}`,
      ConditionExpression: isMap,
      Values: { ':value': value, ':map': 'M' },
    },
    {
      UpdateExpression: 'SET #controls = :whole',
      ConditionExpression: 'attribute_not_exists(#controls)',
      Values: { ':whole': whole },
    },
  ];
}

/** @returns the item after the change; undefined when the table has none. @throws UserError, ApiError */
export async function change(
  documents: DynamoDBDocumentClient,
  TableName: string,
  wanted: Change,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  const updates = updatesOf(wanted);
  for (let attempts = 0; attempts < ATTEMPTS; attempts++) {
    for (const update of updates) {
      const done = await attempt(documents, TableName, update, wanted.names, signal);
      if (done) return done.item;
    }
    const item = await readItem(documents, TableName, signal);
    // There is nothing to remove.
    if (wanted.until === undefined && item?.controls === undefined) return item;
    if (item?.controls !== undefined && !isObject(item.controls)) {
      throw new UserError(
        `table ${TableName}: the attribute controls of the item '${MEMORY_KEY}' is ${JSON.stringify(item.controls)}, which is not a map. Remove it first.`,
      );
    }
  }
  throw new UserError(`table ${TableName}: the controls kept changing during the update. Try again.`);
}

async function attempt(
  documents: DynamoDBDocumentClient,
  TableName: string,
  { Values, ...update }: Update,
  names: PauseName[],
  signal: AbortSignal,
): Promise<{ item: Record<string, unknown> | undefined } | undefined> {
  const used = update.UpdateExpression?.includes('#n0') ? names.map((name, k) => [`#n${k}`, name]) : [];
  const command = new UpdateCommand({
    TableName,
    Key: { [TABLE_KEY]: MEMORY_KEY },
    ...update,
    ExpressionAttributeNames: {
      '#controls': 'controls',
      ...(Object.fromEntries(used) as Record<string, string>),
    },
    ExpressionAttributeValues: Values,
    ReturnValues: 'ALL_NEW',
  });
  return awsCall(`table ${TableName}`, NEEDS, signal, async () => {
    try {
      const { Attributes } = await documents.send(command, { abortSignal: signal });
      return { item: Attributes };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  });
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
