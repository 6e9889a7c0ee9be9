/** What deletes photos of the HTTP API with the operator's AWS credentials: the gateway's own rule, on its table and the bucket. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { deletePhoto } from '../../lambda/gateway/delete-photo.ts';
import { photosOfCaller } from '../../lambda/gateway/aws/caller-photos.ts';
import { DynamoPhotoRegistry } from '../../lambda/gateway/aws/registry.ts';
import { S3PhotoStorage } from '../../lambda/gateway/aws/storage.ts';
import { DynamoUnfinishedPhotos } from '../../lambda/gateway/aws/unfinished.ts';
import { ProblemError } from '../../lambda/gateway/problems.ts';
import { awsCall } from '../shared/aws-errors.ts';
import { s3ClientOf } from '../shared/s3-client.ts';
import type { ClientConfig } from '../shared/deployment.ts';
import type { Answer } from './run.ts';

export interface DeletionResources {
  bucket: string;
  /** The gateway's. */
  table: string;
}

const NEEDS_LIST = 'dynamodb:Query on its index caller';
const NEEDS =
  'dynamodb:GetItem, UpdateItem and DeleteItem on the table, and s3:GetObject, PutObject and DeleteObject on the objects of the API';

export interface PhotoDeleter {
  /** Ids of a caller's photos. */
  list: (caller: string) => Promise<string[]>;
  delete: (id: string) => Promise<Answer>;
}

export function photoDeleter(
  config: ClientConfig,
  { bucket, table }: DeletionResources,
  { signal, now }: { signal: AbortSignal; now: () => number },
): PhotoDeleter {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  const registry = new DynamoPhotoRegistry(documents, table);
  const ports = {
    registry,
    storage: new S3PhotoStorage(s3ClientOf(config), bucket),
    // A count that stays too high ends with its window, in ten minutes.
    unfinished: new DynamoUnfinishedPhotos(documents, table, () => undefined),
  };
  return {
    list: (caller) =>
      awsCall(`table ${table}`, NEEDS_LIST, signal, async () => {
        const ids: string[] = [];
        for await (const id of photosOfCaller(documents, table, caller)) ids.push(id);
        return ids;
      }),
    delete: (id) =>
      awsCall(`table ${table} and bucket ${bucket}`, NEEDS, signal, async () => {
        const record = await registry.get(id);
        if (!record) return 'gone';
        return deletePhoto(record, ports, now()).then(
          ({ status }): Answer => status,
          (error: unknown): Answer => {
            // Its caller, or another command, has deleted it meanwhile.
            if (error instanceof ProblemError && error.code === 'not-found') return 'gone';
            throw error;
          },
        );
      }),
  };
}
