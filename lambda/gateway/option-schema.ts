/** The options of a stage's workflows as JSON Schema. */
import { isDeepStrictEqual } from 'node:util';
import type { Offer } from '../../contract/offered-workflow.ts';
import type { PhotoOption } from '../../contract/photo-option.ts';

type Json = Record<string, unknown>;

/** A schema of photos whose `options` are those of the stage's workflows, with their words in English; `x-text` has them in all languages. */
export function withOptions(
  schema: Json,
  { options = [], workflows = [] }: Pick<Offer, 'options' | 'workflows'>,
): Json {
  const properties = schema.properties as Record<string, Json>;
  const { description } = properties.options ?? {};
  const ofWorkflow = {
    type: 'object',
    description,
    properties: propertiesOf([options, ...workflows.map((one) => one.options)].flat()),
    additionalProperties: false,
  };
  return { ...schema, properties: { ...properties, options: ofWorkflow } };
}

/** Of several workflows: one option of a name may differ between them. */
function propertiesOf(options: readonly PhotoOption[]): Record<string, Json> {
  const schemas = new Map<string, Json[]>();
  for (const option of options) {
    const [found, schema] = [schemas.get(option.name) ?? [], schemaOf(option)];
    if (!found.some((one) => isDeepStrictEqual(one, schema))) schemas.set(option.name, [...found, schema]);
  }
  return Object.fromEntries(
    [...schemas].map(([name, all]) => [name, all.length > 1 ? { anyOf: all } : all[0]!]),
  );
}

function schemaOf(option: PhotoOption): Json {
  const { label, description, default: usual } = option;
  const words = {
    title: label.en,
    ...(description && { description: description.en }),
    default: usual,
    'x-text': { label, ...(description && { description }) },
  };
  if (option.kind === 'choice') {
    const labels = Object.fromEntries(option.choices.map((choice) => [choice.value, choice.label]));
    return {
      type: 'string',
      enum: option.choices.map(({ value }) => value),
      ...words,
      'x-text': { ...words['x-text'], choices: labels },
    };
  }
  const { min, max, whole } = option;
  return { type: whole ? 'integer' : 'number', minimum: min, maximum: max, ...words };
}
