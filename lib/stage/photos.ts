/** Settings of the photos: what colours them, and how long they are kept. */
import { z } from 'zod';
import { flag, integer, text, type Field, type OptionsOf } from '../../contract/field.ts';
import { MOST_OTHER_WORKFLOWS } from '../../contract/workflow-names.ts';

const days = (value: number) => integer({ min: 1, max: 3650, default: value });

const otherWorkflows: Field<string[]> = {
  schema: z.array(z.string().min(1)).max(MOST_OTHER_WORKFLOWS),
  allowed: `a list of names, absolute paths and chains, at most ${MOST_OTHER_WORKFLOWS}`,
  default: [],
};

export const WORKFLOW_FIELDS = {
  /**
   * The ComfyUI graph: name of a file of `ami/workflow/` without its extension (`ddcolor`, `ddcolor-public-node`,
   * `upscale`), or the absolute path of another file. The image needs the nodes and models of the graph.
   *
   * @default ddcolor
   */
  workflow: text(/./, 'a name or an absolute path', 'ddcolor'),

  /**
   * Workflows that a photo may name in place of `workflow` (docs/workflow.md#several-workflows-on-a-fleet): names or paths as there, and
   * chains of them, such as `ddcolor+upscale`, which a photo goes through in one go. The image needs the nodes and models of each.
   *
   * @default - every photo has `workflow`
   */
  otherWorkflows,
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
