/** A file's graph in API format, and what speaks against it. */
import { UserError } from '../../common/errors.ts';
import { convert, refusal, type Conversion } from './editor/convert.ts';
import type { EditorDocument } from './editor/document.ts';
import { Unconvertible } from './editor/widgets.ts';
import { graphFaults } from './graph/faults.ts';
import { neededBy, type Graph } from './graph/graph.ts';
import { lacksOf, type Hints } from './graph/lacks.ts';
import type { Definitions } from './nodes/definitions.ts';
import type { Checked } from './nodes/reference.ts';
import { lackLines, type Label } from './report.ts';
import type { Source } from './source/recognise.ts';

export function converted(source: Source, definitions: Definitions): Conversion {
  if (source.format === 'editor') return convertedDocument(source.document, definitions);
  const { graph, titles, document } = source;
  // What the editor's graph says of packs and models; that one need not be convertible.
  const { packs, models } = (document && hintsOf(document, definitions)) ?? { packs: new Map(), models: [] };
  return { graph, titles, packs, models, faults: new Map(), remarks: new Map(), unlinked: new Map() };
}

/** @throws UserError when the file cannot be converted as a whole */
function convertedDocument(document: EditorDocument, definitions: Definitions): Conversion {
  try {
    return convert(document, definitions);
  } catch (error) {
    if (!(error instanceof Unconvertible)) throw error;
    throw new UserError(`The editor's format cannot be converted: ${error.message}. ${EXPORT}`, {
      cause: error,
    });
  }
}

function hintsOf(document: EditorDocument, definitions: Definitions): Hints | undefined {
  try {
    return convert(document, definitions);
  } catch (error) {
    if (error instanceof Unconvertible) return undefined;
    throw error;
  }
}

const EXPORT = "In ComfyUI, 'Export (API)' saves the graph as it runs.";
const OBJECT_INFO = 'With --object-info of a ComfyUI that has every class, the file can be converted.';

/** @throws UserError where a node that the result needs was not converted, or ComfyUI would refuse the graph */
export function refuseFaults(
  made: Conversion,
  output: string,
  definitions: Definitions,
  reference: Checked,
  label: Label,
): void {
  const needed = neededBy(made.graph, output);
  const unconverted = [...made.faults].filter(([node]) => needed.has(node));
  const graph: Graph = Object.fromEntries([...needed].map((node) => [node, made.graph[node]!]));
  const faults = [
    ...unconverted.flatMap(([node, texts]) => texts.map((text) => `${label(node)}: ${text}`)),
    // Of a node that was not converted the inputs are not known.
    ...graphFaults(graph, definitions, made.unlinked)
      .filter(([node]) => !made.faults.has(node))
      .map(([node, text]) => `${label(node)} ${text}`),
  ];
  if (faults.length === 0) return;
  const lines = faults.map((fault) => `  ${fault}`);
  if (unconverted.length === 0) throw new UserError(['ComfyUI would refuse the graph:', ...lines].join('\n'));
  const classes = lacksOf(graph, '', reference, definitions, made).filter(
    (lack) => lack.kind === 'node' && refusal(lack.class) === undefined,
  );
  throw new UserError(
    [
      "The editor's format cannot be converted:",
      ...lines,
      ...(classes.length > 0 ? [...lackLines(reference.title, classes, label), OBJECT_INFO] : []),
      EXPORT,
    ].join('\n'),
  );
}
