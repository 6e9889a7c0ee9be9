/** Settings of the photos: what colours them, and how long they are kept. */
import { flag, integer, text, type OptionsOf } from '../../contract/field.ts';

const days = (value: number) => integer({ min: 1, max: 3650, default: value });

export const WORKFLOW_FIELDS = {
  /**
   * The ComfyUI graph: name of a file of `ami/workflow/` without its extension (`ddcolor`, `ddcolor-public-node`,
   * `upscale`), or the absolute path of another file. The image needs the nodes and models of the graph.
   *
   * @default ddcolor
   */
  workflow: text(/./, 'a name or an absolute path', 'ddcolor'),
};

export const RETENTION_FIELDS = {
  /**
   * Days until a photo under `incoming/` is deleted.
   *
   * @default 14
   */
  photoRetentionDays: days(14),

  /**
   * Days until a result or a failure record is deleted.
   *
   * @default 30
   */
  resultRetentionDays: days(30),

  /**
   * Whether the bucket and its objects survive the deletion of the stack. A stack that keeps them has termination
   * protection.
   *
   * @default false - the bucket goes with the stack, once it is empty
   */
  retainData: flag(false),
};

export type WorkflowOptions = OptionsOf<typeof WORKFLOW_FIELDS>;
export type RetentionOptions = OptionsOf<typeof RETENTION_FIELDS>;
