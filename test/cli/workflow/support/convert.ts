/** The conversion of a document that a test has made, through its file. */
import { convert } from '../../../../cli/workflow/editor/convert.ts';
import { documentSchema } from '../../../../cli/workflow/editor/document.ts';
import { imageNodes } from '../../../../cli/workflow/nodes/image-nodes.ts';
import { fileOf, type Saved } from './editor.ts';

export const { definitions } = imageNodes();

export const converted = (document: Saved & { definitions?: object }, version: 0.4 | 1 = 0.4) =>
  convert(documentSchema.parse(JSON.parse(JSON.stringify(fileOf(document, version)))), definitions);
