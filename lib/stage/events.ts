/** Settings of the events of outcomes. */
import { flag, type OptionsOf } from '../../contract/field.ts';

export const EVENT_FIELDS = {
  /**
   * Whether each outcome is sent to an EventBridge bus of the stage, `ddcolor-elastic-<stage>`, as `photo.coloured` or `photo.failed`
   * (docs/events.md).
   *
   * @default false - clients poll, or look into the bucket
   */
  outcomeEvents: flag(false),
};

export type EventOptions = OptionsOf<typeof EVENT_FIELDS>;
