/** What a stage accepts of a new photo: the checks of `POST /photos` and its OpenAPI document read the same values. */
import { LANES, type Lane } from '../../contract/lanes.ts';
import { OUTPUTS, type Output } from '../../contract/photo-types.ts';
import type { PhotoSettings } from './ports.ts';

export type StageLimits = Pick<
  PhotoSettings,
  'maxUploadBytes' | 'chromaSize' | 'bulkDeadlineSeconds' | 'options' | 'workflows'
>;

/** Kinds of results that the stage's workflows have. */
const outputsOfStage = ({ chromaSize, workflows = [] }: StageLimits): Output[] =>
  outputsOf({ chromaSize: Math.max(chromaSize, ...workflows.map((one) => one.chromaSize)) });

/** Kinds of results that a workflow has. */
export const outputsOf = ({ chromaSize }: Pick<StageLimits, 'chromaSize'>): Output[] =>
  OUTPUTS.filter((output) => output !== 'chroma' || chromaSize > 0);

export const lanesOf = ({ bulkDeadlineSeconds }: StageLimits): Lane[] =>
  LANES.filter((lane) => lane !== 'bulk' || bulkDeadlineSeconds > 0);

type Schema = Record<string, unknown>;

/** The JSON schema of a new photo, narrowed to what the stage accepts. @throws if it lacks a field that the stage limits */
export function narrowedToStage(schema: Schema, limits: StageLimits): Schema {
  const fields = schema.properties as Record<string, Schema>;
  const narrowed: Record<string, Schema> = {
    size: { maximum: limits.maxUploadBytes },
    output: { enum: outputsOfStage(limits) },
    lane: { enum: lanesOf(limits) },
    workflow: { enum: limits.workflows?.map(({ name }) => name) },
  };
  for (const name of Object.keys(narrowed))
    if (!(name in fields)) throw new Error(`a new photo has no field '${name}'`);
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, { ...field, ...narrowed[name] }]),
  );
  // A stage with one workflow has nothing to choose from.
  if (!limits.workflows) delete properties.workflow;
  return { ...schema, properties };
}
