/** Descriptions of settings and props, from the JSDoc of their declarations. */
import { join } from 'node:path';
import ts from 'typescript';

export interface Declared {
  name: string;
  optional: boolean;
  description: string;
  /** What follows `@default`; empty for none. */
  stated: string;
}

/**
 * Reads types of the repository. Packages are left out, which makes it fast: names and JSDoc do not depend on them.
 *
 * @param files from the root of the repository
 * @returns a function that lists the properties of an interface or type alias in one of them, inherited ones last
 */
export function declarationsOf(root: string, files: string[]): (type: string) => Declared[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: [],
    lib: ['lib.es5.d.ts'],
  };
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => {
      const resolvedFileName = join(from, '..', text);
      const resolvedModule = text.startsWith('.')
        ? { resolvedFileName, extension: ts.Extension.Ts }
        : undefined;
      return { resolvedModule };
    });
  const paths = files.map((file) => join(root, file));
  const program = ts.createProgram(paths, options, host);
  const checker = program.getTypeChecker();
  const types = new Map(
    paths
      .flatMap((path) => [...(program.getSourceFile(path)?.statements ?? [])])
      .filter((one) => ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one))
      .map((one) => [one.name.text, one]),
  );
  return (type) => {
    const found = types.get(type);
    if (!found) throw new Error(`type '${type}': there is none in ${files.join(', ')}`);
    return checker
      .getTypeAtLocation(found)
      .getProperties()
      .map((symbol) => declared(symbol, checker));
  };
}

function declared(symbol: ts.Symbol, checker: ts.TypeChecker): Declared {
  const tag = symbol.getJsDocTags(checker).find(({ name }) => name === 'default');
  return {
    name: symbol.name,
    optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
    description: oneLine(ts.displayPartsToString(symbol.getDocumentationComment(checker))),
    stated: oneLine(ts.displayPartsToString(tag?.text)),
  };
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
