/** This instance's lifecycle actions in its group. */
import {
  AutoScalingServiceException,
  CompleteLifecycleActionCommand,
  SetInstanceHealthCommand,
  type AutoScalingClient,
} from '@aws-sdk/client-auto-scaling';

export class Group {
  constructor(
    private readonly autoScaling: AutoScalingClient,
    private readonly groupName: string,
    private readonly instanceId: string,
  ) {}

  /** Has the group terminate this instance and launch another. */
  async setUnhealthy(): Promise<void> {
    await this.autoScaling.send(
      new SetInstanceHealthCommand({
        InstanceId: this.instanceId,
        HealthStatus: 'Unhealthy',
        // It was in service: grace is for those that are on their way.
        ShouldRespectGracePeriod: false,
      }),
    );
  }

  /**
   * Lets the transition that a hook holds go on.
   *
   * @returns false when no action waits: it was completed before, or its time was up
   */
  async complete(hook: string): Promise<boolean> {
    try {
      await this.autoScaling.send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: this.groupName,
          LifecycleHookName: hook,
          InstanceId: this.instanceId,
          LifecycleActionResult: 'CONTINUE',
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof AutoScalingServiceException && error.name === 'ValidationError') return false;
      throw error;
    }
  }
}
