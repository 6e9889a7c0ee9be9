/** Names that deployables share: the stack creates a resource, the functions and the worker read it. */

/** Prefix of all fixed names: SSM parameters, tags, the bucket, the group. */
export const SERVICE = 'ddcolor-elastic';

/** Name of a stage's CloudFormation stack. */
export const stackName = (stage: string) => `DDColorElastic-${stage}`;

/** In us-east-1. */
export const firewallStackName = (stage: string) => `DDColorElasticFirewall-${stage}`;

/** CloudWatch namespace of every custom metric; the functions' IAM policies are limited to it. */
export const METRIC_NAMESPACE = 'DDColorElastic';

/** Dimension of every custom metric; its value is the stage's name. */
export const STAGE_DIMENSION = 'Stage';

/** Dimension of {@link METRICS.decisions}: the reason of the scaler's decision. */
export const REASON_DIMENSION = 'Reason';

/** Dimension of {@link METRICS.control}: the name of the control. */
export const CONTROL_DIMENSION = 'Control';

/**
 * Dimension of the desired capacity, of the counts in service and pending and of failed launches, beside those of the whole fleet: `spot` or
 * `on-demand`. Only in a fleet with two pools, and of a pool that has any.
 */
export const POOL_DIMENSION = 'Pool';

/** Dimension of {@link METRICS.photos}. */
export const OUTCOME_DIMENSION = 'Outcome';

/** Dimension of {@link WORKER_METRICS.failedPhotos}. */
export const CODE_DIMENSION = 'Code';

/** Dimension of {@link WORKER_METRICS.waitTime} of bulk photos; interactive ones have none. */
export const LANE_DIMENSION = 'Lane';

/** Dimension of {@link METRICS.comfyTime} of one workflow, of a stage with several. */
export const WORKFLOW_DIMENSION = 'Workflow';

/** Dimension of {@link METRICS.bootPhase}. */
export const PHASE_DIMENSION = 'Phase';

/** What the scaler publishes at each tick. */
export const SCALER_METRICS = {
  /** Count: messages of the interactive lane that wait. */
  visible: 'Visible',
  /** Count: messages received and not yet deleted. */
  inFlight: 'InFlight',
  /** Count: of those waiting, the sidelined ones; only while there are any. */
  sidelinedVisible: 'SidelinedVisible',
  /** Count: the same two of the bulk lane; only while it has photos. */
  bulkVisible: 'BulkVisible',
  bulkInFlight: 'BulkInFlight',
  /** Per cent: share of its deadline that the oldest bulk photo has used; only while there is one. */
  bulkDeadlineUsed: 'BulkDeadlineUsed',
  /** Count: (visible + in flight) / max(1, in service). */
  backlogPerInstance: 'BacklogPerInstance',
  /** Count: desired capacity after the decision. */
  desired: 'DesiredCapacity',
  /** Count: instances in service. */
  inService: 'InService',
  /** Count: requested instances that are not in service yet, launch hook included. */
  pending: 'Pending',
  /** Count: terminating instances, termination hook included. */
  draining: 'Draining',
  /** Count: instances that the work needs, before limits; of a policy that computes it. */
  needed: 'NeededInstances',
  /** Count: instances that should be in service by now and are not: a shortage, or boots that fail. */
  late: 'LateInstances',
  /** Count: instances requested and not given; 0 without a shortage. */
  unfulfilled: 'UnfulfilledInstances',
  /** Count: one for each failed launch, with Code, InstanceType and AvailabilityZone as further dimensions. */
  failedLaunches: 'FailedLaunches',
  /** Count: launches in a row that never came into service; only while there are any. */
  bootFailures: 'BootFailures',
  /** Count: launches into the warm pool in a row that never got there; only while there are any. */
  warmPoolBootFailures: 'WarmPoolBootFailures',
  /** By name, while a control is set: 1, the instances of a floor or ceiling, or what a dry run would have set. */
  control: 'Control',
  /** Count: photos that arrive in a minute, as measured. */
  arrivalsPerMinute: 'ArrivalsPerMinute',
  /** Seconds: busy time of an instance for one photo, as measured. */
  serviceTime: 'ServiceTime',
  /** Seconds: from requesting an instance to its service, as measured. */
  bootTime: 'BootTime',
  /** Seconds: mean wait in the queue over about two hours, by Little's law. */
  meanWait: 'MeanWait',
  /** Count: photos that will be waiting when capacity requested now is in service. */
  forecast: 'ForecastBacklog',
  /** Per cent: share of the GPU time in service that was spent on photos since the last tick. */
  gpuBusy: 'GpuBusy',
  /** USD: list price per hour of the present instances; an estimate. */
  costPerHour: 'CostPerHour',
  /** USD: the same, summed since midnight UTC. */
  spentToday: 'SpentToday',
  /** Count: one for each tick, with the reason as a second dimension. */
  decisions: 'Decisions',
  /** Count: one for each tick that could not read what it needs. */
  metricsUnavailable: 'MetricsUnavailable',
  /** Count: reports of instances that were not believed at a tick; only while there are any. */
  implausibleReports: 'ImplausibleReports',
  /** Count: one for each tick that read what it needs, and could not set, store or compute something. */
  failedTicks: 'FailedTicks',
} as const;

/** What workers publish, each minute while they have photos. */
export const WORKER_METRICS = {
  /** Count: photos, with the outcome as a second dimension. */
  photos: 'Photos',
  /** 0 or 1 for each photo with an outcome: its mean is the share that failed. */
  failures: 'Failures',
  /** Count: photos that failed, with the code of `failed/` as a second dimension. */
  failedPhotos: 'FailedPhotos',
  /** Count: one for each instance that coloured its test picture wrongly. */
  canaryFailures: 'CanaryFailures',
  /** Count: one for each change to the next precision of the network, after one that coloured the test picture wrongly. */
  precisionChanges: 'PrecisionChanges',
  /** Seconds: a phase of an instance's boot, with the phase as a second dimension. */
  bootPhase: 'BootPhase',
  /** Count: instance faults, after each of which ComfyUI is restarted. */
  instanceFaults: 'InstanceFaults',
  /** Count: one for each error that the GPU's driver reports (XID), fatal or not. */
  gpuErrors: 'GpuErrors',
  /** Count: one for each minute in which an instance's lines have not been delivered for five. */
  logDeliveryFailures: 'LogDeliveryFailures',
  /** Megapixels of a photo. */
  megapixels: 'Megapixels',
  /** Seconds: from an interactive photo's upload to its receipt by the worker. */
  queueTime: 'QueueTime',
  /** Seconds: from a photo's upload to its start in ComfyUI; of bulk photos with the lane as a second dimension. */
  waitTime: 'WaitTime',
  /** Seconds: reading a photo from the bucket. */
  fetchTime: 'FetchTime',
  /** Seconds: decoding and normalising. */
  prepareTime: 'PrepareTime',
  /** Seconds: waiting for a ComfyUI slot. */
  slotWaitTime: 'SlotWaitTime',
  /** Seconds: in ComfyUI, its queue included; of a prompt with several photos the whole, for each of them. */
  comfyTime: 'ComfyTime',
  /** Count: photos in the prompt of a photo, itself included. */
  batchPhotos: 'BatchPhotos',
  /** Seconds: merging and encoding. */
  mergeTime: 'MergeTime',
  /** Seconds: writing the outcome. */
  storeTime: 'StoreTime',
} as const;

/** What the CloudWatch agent publishes each minute, over all instances of the stage: ami/agent/cloudwatch-agent.json. */
export const AGENT_METRICS = {
  /** Per cent: share of the time in which the GPU computed, as the driver measures it. */
  gpuUtilization: 'GpuUtilization',
  /** Mebibytes of the GPU's memory in use. */
  gpuMemory: 'GpuMemory',
  /** Degrees Celsius. */
  gpuTemperature: 'GpuTemperature',
} as const;

/** What the probe publishes at each check of a photo of its own. */
export const PROBE_METRICS = {
  /** 0 or 1 for each probe photo: 1 if it has no result, or the probe could not run. */
  probeFailures: 'ProbeFailures',
} as const;

/** What the sweep of events publishes, where it has found any. */
export const EVENT_METRICS = {
  /** Count: events that had not been sent, and are now. */
  lostEvents: 'LostEvents',
} as const;

/** What the functions of webhooks publish: a run what it has sent, the sweep each five minutes what waits. */
export const WEBHOOK_METRICS = {
  /** Count: deliveries that were accepted. */
  delivered: 'WebhookDeliveries',
  /** Count: attempts that failed. */
  failedAttempts: 'FailedWebhookAttempts',
  /** Count: deliveries that have not succeeded; while there are any. */
  waiting: 'WaitingWebhookDeliveries',
  /** Seconds: since the oldest delivery that has not succeeded was due first. */
  oldestDelivery: 'OldestWebhookDelivery',
} as const;

export const METRICS = {
  ...SCALER_METRICS,
  ...WORKER_METRICS,
  ...AGENT_METRICS,
  ...PROBE_METRICS,
  ...EVENT_METRICS,
  ...WEBHOOK_METRICS,
} as const;

/** Attribute of a dead letter: why a worker gave it up. */
export const DEAD_LETTER_REASON = 'Reason';

/** Lifecycle hooks of the group. The worker completes both. */
export const LAUNCH_HOOK = 'ready';
export const TERMINATION_HOOK = 'drained';
/** Heartbeat timeout of the launch hook: an instance that is not ready by then never will be. */
export const LAUNCH_TIMEOUT_SECONDS = 600;

/**
 * How an instance refresh replaces instances, per cent of the desired capacity: none is missing, and a quarter more is
 * launched at a time.
 */
export const REFRESH = { minHealthyPercentage: 100, maxHealthyPercentage: 125 } as const;

/** Instance tag with a digest of the worker's settings: a change makes a new version of the launch template. */
export const SETTINGS_VERSION_TAG = `${SERVICE}:settings-version`;

/** Instance tag whose value is the name of the SSM parameter that holds {@link WorkerSettings}. */
export const SETTINGS_TAG = `${SERVICE}:settings`;

/** Instance tag that each of two groups of a fleet gives its instances: its name. Of a fleet with one group they have none. */
export const GROUP_TAG = `${SERVICE}:group`;

/** SSM parameter with the id of the image in service, resolved when an instance launches. */
export const amiParameterName = (stage: string) => `/${SERVICE}/${stage}/ami/current`;

/** Alias of a stage's key, of a stage with `encryption` `kms`. */
export const keyAlias = (stage: string) => `alias/${SERVICE}-${stage}`;

/** SSM parameter with the id of the image that was baked last and is not yet checked. */
export const candidateParameterName = (stage: string) => `/${SERVICE}/${stage}/ami/candidate`;

/** SSM parameter with the result of a candidate's check, by instance; an asterisk stands for all instances. */
export const verdictParameterName = (stage: string, instanceId: string) =>
  `/${SERVICE}/${stage}/ami/verdict/${instanceId}`;

/** Instance tag of any value: the worker checks its image and receives no photo. */
export const CANDIDATE_TAG = `${SERVICE}:candidate`;

/** Tags of an image, set by its build (ami/packer). */
export const IMAGE_TAGS = {
  /** Its value is {@link SERVICE}. */
  service: 'project',
  revision: `${SERVICE}:revision`,
  comfyui: `${SERVICE}:comfyui-version`,
  ddcolor: `${SERVICE}:ddcolor-commit`,
  weights: `${SERVICE}:weights-sha256`,
} as const;

/** Tag of an image with the size of its snapshot, GiB, which the bake records once the image exists. */
export const IMAGE_SIZE_TAG = `${SERVICE}:size-gib`;

/** SSM parameter with the worker's settings, read once when a worker starts. */
export const workerParameterName = (stage: string) => `/${SERVICE}/${stage}/worker`;

/** Partition key of the scaler's table, and its value for the scaler's memory. */
export const TABLE_KEY = 'id';
export const MEMORY_KEY = 'scaler';
/**
 * First part of the key of an instance's counters; the rest is its id. IAM knows an instance by both, as `aws:userid`, so
 * that a policy can allow each instance its own item only.
 */
export const workKeyPrefix = (roleId: string) => `work#${roleId}:`;
/** The same item in the policy of the instances' role. */
export const OWN_WORK_KEY = 'work#${aws:userid}';
/** First part of the key of a photo's attempts; the rest is the id of its message. */
export const ATTEMPTS_KEY = 'attempts#';
/** Attributes of a photo's attempts: those charged, and the instances on which it met an instance fault. */
export const ATTEMPT_ATTRIBUTES = { attempts: 'attempts', faultedOn: 'faultedOn' } as const;
/** Attribute with the time, in epoch seconds, after which DynamoDB deletes an item. */
export const TABLE_EXPIRY = 'expiresAt';
/** Attribute of the scaler's memory that others read: `contract/view.ts`. */
export const VIEW_ATTRIBUTE = 'view';
/** Attribute of the same item: when the lease that a run of the scaler holds ends, epoch seconds. */
export const LEASE_ATTRIBUTE = 'leaseUntil';
/** Counters of an instance: messages finished and busy seconds, of both lanes and of bulk's part; absent is 0. */
export const WORK_ATTRIBUTES = {
  completed: 'completed',
  busySeconds: 'busySeconds',
  bulkCompleted: 'bulkCompleted',
  bulkBusySeconds: 'bulkBusySeconds',
} as const;
/** Attribute of the same item: why the instance cannot get ready. */
export const BOOT_FAILURE_ATTRIBUTE = 'bootFailure';
