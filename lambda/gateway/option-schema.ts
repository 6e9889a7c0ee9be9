/** The options of a stage's workflow as JSON Schema. */
import type { PhotoOption } from '../../contract/photo-option.ts';

type Json = Record<string, unknown>;

/** A schema of photos whose `options` are those of a workflow, with their words in English; `x-text` has them in all languages. */
export function withOptions(schema: Json, options: readonly PhotoOption[]): Json {
  const properties = schema.properties as Record<string, Json>;
  const { description } = properties.options ?? {};
  const ofWorkflow = {
    type: 'object',
    description,
    properties: Object.fromEntries(options.map((option) => [option.name, schemaOf(option)])),
    additionalProperties: false,
  };
  return { ...schema, properties: { ...properties, options: ofWorkflow } };
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
