/** What a stage is, and what the constructs do, where nobody says otherwise. */

export const DEFAULT_INSTANCE_TYPES = ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'];
export const DEFAULT_MAX_CAPACITY = 20;
export const DEFAULT_SPOT_PERCENTAGE = 100;
/** MiB/s. */
export const DEFAULT_VOLUME_INITIALIZATION_RATE = 300;
export const DEFAULT_VISIBILITY_TIMEOUT_SECONDS = 120;
export const DEFAULT_MAX_RECEIVE_COUNT = 5;
export const DEFAULT_TICK_SECONDS = 30;
export const DEFAULT_PROMISED_WAIT_SECONDS = 900;
export const DEFAULT_RUNBOOK_URL = 'docs/runbook.md';
export const DEFAULT_PHOTO_RETENTION_DAYS = 14;
export const DEFAULT_RESULT_RETENTION_DAYS = 30;
