/** Names of metadata of a photo or its outcome that no option of a workflow may have. */
import { SOURCE_ETAG_METADATA } from './keys.ts';
import { PHOTO_KEY_METADATA, WAITED_METADATA, WORKED_METADATA } from './outcome-metadata.ts';
import { COLOURED_PHOTOS_METADATA, OUTPUT_METADATA, REMARKS_METADATA } from './photo-types.ts';
import { TRACE_METADATA } from './trace.ts';
import { WORKFLOW_METADATA } from './workflow-names.ts';

/** By name, what each is for. */
export const RESERVED_METADATA: ReadonlyMap<string, string> = new Map([
  [OUTPUT_METADATA, 'output of a photo'],
  [TRACE_METADATA, 'trace id of a photo'],
  [WORKFLOW_METADATA, 'workflow of a photo'],
  [COLOURED_PHOTOS_METADATA, 'choice for photos in colour'],
  [REMARKS_METADATA, 'remarks of a result'],
  [SOURCE_ETAG_METADATA, 'photo of an outcome'],
  [PHOTO_KEY_METADATA, 'photo of an outcome'],
  [WAITED_METADATA, 'times of an outcome'],
  [WORKED_METADATA, 'times of an outcome'],
]);
