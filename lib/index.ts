/** Exports for other CDK apps: docs/reuse.md. */
export { BacklogScaler, type BacklogScalerProps } from './backlog-scaler.ts';
export { ColouringStack, type ColouringStackProps } from './colouring-stack.ts';
export { GpuFleet } from './gpu-fleet.ts';
export type { GpuFleetProps } from './gpu-fleet-props.ts';
export { JobQueue, type JobQueueProps } from './job-queue.ts';
export { Monitoring, type MonitoringProps } from './monitoring.ts';
export { PhotoProbe, type PhotoProbeProps } from './photo-probe.ts';
export { PhotoStore, photoBucketName, type PhotoStoreProps } from './photo-store.ts';
export { ScalerTable } from './scaler-table.ts';
export { resolveStage, type Stage, type StageConfig } from './stage/stage.ts';
export { DEFAULT_POLICY, type PolicySettings } from '../contract/policy.ts';
