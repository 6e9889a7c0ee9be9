/** This instance in its Auto Scaling group: lifecycle hooks and health. */
import {
  AutoScalingServiceException,
  CompleteLifecycleActionCommand,
  SetInstanceHealthCommand,
  type AutoScalingClient,
} from '@aws-sdk/client-auto-scaling';

/** Has the group of an instance replace it. */
export async function setUnhealthy(autoScaling: AutoScalingClient, instanceId: string): Promise<void> {
  await autoScaling.send(
    new SetInstanceHealthCommand({
      InstanceId: instanceId,
      HealthStatus: 'Unhealthy',
      // The grace period is for instances that are not in service yet.
      ShouldRespectGracePeriod: false,
    }),
  );
}

export class Group {
  constructor(
    private readonly autoScaling: AutoScalingClient,
    private readonly groupName: string,
    private readonly instanceId: string,
  ) {}

  /** Has the group replace this instance. */
  setUnhealthy(): Promise<void> {
    return setUnhealthy(this.autoScaling, this.instanceId);
  }

  /**
   * Completes a lifecycle hook.
   *
   * @param result `ABANDON` has a launching instance terminated
   * @returns false when no action waits: it was completed before, or has timed out
   */
  async complete(hook: string, result: 'CONTINUE' | 'ABANDON' = 'CONTINUE'): Promise<boolean> {
    try {
      await this.autoScaling.send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: this.groupName,
          LifecycleHookName: hook,
          InstanceId: this.instanceId,
          LifecycleActionResult: result,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof AutoScalingServiceException && error.name === 'ValidationError') return false;
      throw error;
    }
  }
}
