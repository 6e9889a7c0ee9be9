/** What files import, by their syntax trees, and cycles among them. Paths are relative to the root of the repository. */
import { dirname, join } from 'node:path';
import ts from 'typescript';

export interface Import {
  /** Own files as `./path` from the root, packages by name. */
  target: string;
  typeOnly: boolean;
}

const resolved = (file: string, target: string) =>
  target.startsWith('.') ? `./${join(dirname(file), target)}` : target;

const isImportCall = ({ expression }: ts.CallExpression) =>
  expression.kind === ts.SyntaxKind.ImportKeyword ||
  (ts.isIdentifier(expression) && expression.text === 'require');

/** What a file imports, in any form; `computed` where an argument is not a text. */
function parsed(file: string, text: string): { imports: Import[]; computed: boolean } {
  const imports: Import[] = [];
  let computed = false;
  const add = (name: ts.Node | undefined, typeOnly = false) => {
    if (!name) return;
    if (ts.isStringLiteralLike(name)) imports.push({ target: resolved(file, name.text), typeOnly });
    else computed = true;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && isImportCall(node)) add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return { imports, computed };
}

const byText = new Map<string, ReturnType<typeof parsed>>();
/** Each file is parsed once. */
export function parsedOnce(file: string, text: string) {
  const key = `${file}\n${text}`;
  const known = byText.get(key) ?? parsed(file, text);
  byText.set(key, known);
  return known;
}
export const importsOf = (file: string, text: string) => parsedOnce(file, text).imports;

/** The first cycle of imports, type imports included; undefined without one. */
export function cycle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const found = visit(next, [...path, file]);
      if (found) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = visit(file, []);
    if (found) return found;
  }
  return undefined;
}

export const graphOf = (files: Map<string, string>) =>
  new Map(
    [...files].map(([file, text]) => [
      file,
      importsOf(file, text).flatMap(({ target }) => (target.startsWith('./') ? [target.slice(2)] : [])),
    ]),
  );
