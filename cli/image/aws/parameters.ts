/**
 * The SSM parameters that name images, and the verdicts on candidates.
 *
 * Gotchas:
 * - SSM validates a parameter of type aws:ec2:image after it has answered, and drops an unknown id without an error. So a put
 *   is complete only when the new value can be read.
 * - The history keeps the last 100 values, and is deleted with the parameter.
 */
import {
  DeleteParameterCommand,
  GetParameterCommand,
  paginateGetParameterHistory,
  paginateGetParametersByPath,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import {
  amiParameterName,
  candidateParameterName,
  SERVICE,
  verdictParameterName,
} from '../../../contract/names.ts';
import { UserError } from '../../../common/errors.ts';
import { pause } from '../../../common/time.ts';
import type { ImageUse } from '../images.ts';
import { parseCandidateVerdict, type CandidateVerdict } from '../../../contract/candidate-verdict.ts';

const CHECKED_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 500;

/** Stage and role of a parameter's name `/SERVICE/STAGE/ami/ROLE`. */
const NAME = /^\/([^/]+)\/([^/]+)\/ami\/(current|candidate)$/;

export class Parameters {
  constructor(private readonly ssm: SSMClient) {}

  current = (stage: string) => this.read(amiParameterName(stage));
  candidate = (stage: string) => this.read(candidateParameterName(stage));
  setCurrent = (stage: string, imageId: string) => this.put(amiParameterName(stage), imageId);
  setCandidate = (stage: string, imageId: string) => this.put(candidateParameterName(stage), imageId);

  /** Earlier values of `current`, oldest first. */
  async history(stage: string): Promise<string[]> {
    const values: string[] = [];
    const pages = paginateGetParameterHistory({ client: this.ssm }, { Name: amiParameterName(stage) });
    try {
      for await (const { Parameters: page = [] } of pages)
        values.push(...page.map(({ Value = '' }) => Value));
    } catch (error) {
      if (!(error instanceof ParameterNotFound)) throw error;
    }
    return values;
  }

  /** The images that the parameters of all stages name, also of stages that this checkout does not have. */
  async uses(): Promise<ImageUse[]> {
    const uses: ImageUse[] = [];
    const pages = paginateGetParametersByPath({ client: this.ssm }, { Path: `/${SERVICE}`, Recursive: true });
    for await (const { Parameters: page = [] } of pages) {
      for (const { Name = '', Value = '' } of page) {
        const [, service, stage, role] = NAME.exec(Name) ?? [];
        if (service === SERVICE && stage)
          uses.push({ stage, role: role as ImageUse['role'], imageId: Value });
      }
    }
    return uses;
  }

  async verdict(stage: string, instanceId: string): Promise<CandidateVerdict | undefined> {
    const text = await this.read(verdictParameterName(stage, instanceId));
    return text === undefined ? undefined : parseCandidateVerdict(text);
  }

  async forgetVerdict(stage: string, instanceId: string): Promise<void> {
    await this.ssm
      .send(new DeleteParameterCommand({ Name: verdictParameterName(stage, instanceId) }))
      .catch(absent);
  }

  private async read(name: string): Promise<string | undefined> {
    const found = await this.ssm.send(new GetParameterCommand({ Name: name })).catch(absent);
    return found?.Parameter?.Value;
  }

  private async put(name: string, imageId: string): Promise<void> {
    await this.ssm.send(
      new PutParameterCommand({
        Name: name,
        Value: imageId,
        Type: 'String',
        DataType: 'aws:ec2:image',
        Overwrite: true,
      }),
    );
    const untilMs = performance.now() + CHECKED_WITHIN_MS;
    while ((await this.read(name)) !== imageId) {
      if (performance.now() >= untilMs) {
        throw new UserError(
          `the parameter ${name} did not take ${imageId}: is it in this account and region?`,
        );
      }
      await pause(LOOK_EVERY_MS);
    }
  }
}

/** Turns ParameterNotFound into undefined. */
function absent(error: unknown): undefined {
  if (!(error instanceof ParameterNotFound)) throw error;
}
