/** Adapters of the gateway's ports over a local AWS, against the same suites as the ones in memory. */
import { afterAll, beforeAll, describe } from 'vitest';
import { Scope } from '../../../common/scope.ts';
import { arrivalTests } from './adapters/arrivals.ts';
import { deletionTests } from './adapters/deletion.ts';
import { outcomeTests } from './adapters/outcomes.ts';
import { registryTests } from './adapters/registry.ts';
import { s3StorageTests } from './adapters/s3-storage.ts';
import { storageTests } from './adapters/storage.ts';
import { unfinishedTests } from './adapters/unfinished.ts';
import { usageTests } from './adapters/usage.ts';
import { viewReaderTests } from './adapters/view-reader.ts';
import { webhookTests } from './adapters/webhooks.ts';
import { startAws } from './support/aws.ts';

const scope = new Scope();
beforeAll(() => startAws(scope), 60_000);
afterAll(() => scope.close());

describe('registry', registryTests);
describe('announced photos', arrivalTests);
describe('unfinished photos', unfinishedTests);
describe('usage of callers', usageTests);
describe('storage', storageTests);
describe('deletion', deletionTests);
describe('storage in S3', s3StorageTests);
describe('view reader', viewReaderTests);
describe('webhooks', webhookTests);
describe('outcomes', outcomeTests);
