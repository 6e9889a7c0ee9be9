/** The workflows of a stage as this instance runs them: each with its graph, its precision and its prompts. */
import { graphNamed, graphsOf } from '../../contract/photo-workflow.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { ImageProcessor } from '../imaging/image-processor.ts';
import type { StepChoice } from '../photo/options.ts';
import type { Log } from '../telemetry/log.ts';
import type { Canary } from './canary.ts';
import type { ComfyuiClient } from './client.ts';
import { infer, type Inference } from './inference.ts';
import { Precision, withPrecision } from './precision.ts';
import { checkReady } from './readiness.ts';

export interface StageInferencePorts {
  client: ComfyuiClient;
  settings: Pick<WorkerSettings, 'device' | 'path' | 'workflow' | 'otherWorkflows'>;
  log: Log;
  /** Removes the files of an attempt. @default ComfyUI's folders are not accessible */
  clean?: ((id: string) => Promise<void>) | undefined;
}

export class StageInference {
  private readonly inferences: ReadonlyMap<string, Omit<Inference, 'path'>>;

  constructor(private readonly ports: StageInferencePorts) {
    const { client, settings, log, clean } = ports;
    this.inferences = new Map(
      graphsOf(settings).map((workflow) => [
        workflow.name,
        { client, workflow, precision: Precision.first(workflow), log, clean },
      ]),
    );
  }

  /** What runs the workflow of a step. */
  of({ look }: Pick<StepChoice, 'look'>): Omit<Inference, 'path'> {
    return this.inferences.get(graphNamed(this.ports.settings, look?.workflow).name)!;
  }

  /**
   * The readiness check: each workflow processes the test picture. Colours are compared for the stage's own, for which they
   * were recorded.
   *
   * @param precisionChanged is called for each precision that is left
   */
  check(
    { images, canary }: { images: ImageProcessor; canary: Canary | undefined },
    precisionChanged?: () => void,
  ): (withinMs?: number) => Promise<void> {
    const { client, settings, log } = this.ports;
    const { device, path, workflow: own, otherWorkflows } = settings;
    return async (withinMs) => {
      for (const inference of this.inferences.values()) {
        const { workflow, precision } = inference;
        const checkOnce = () =>
          checkReady({
            client,
            settings: { device, workflow },
            images,
            canary: workflow === own ? canary : undefined,
            withinMs,
            ...(workflow !== own && { look: { workflow: workflow.name } }),
            infer: (upload, ms) => infer({ ...inference, path }, upload, ms),
          });
        try {
          await withPrecision(checkOnce, precision!, log, precisionChanged)();
        } catch (error) {
          // Its class says what is to be done.
          if (otherWorkflows && error instanceof Error)
            error.message = `workflow '${workflow.name}': ${error.message}`;
          throw error;
        }
      }
    };
  }
}
