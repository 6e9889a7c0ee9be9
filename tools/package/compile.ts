/** Compiles the constructs to JavaScript with declarations. */
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { UserError } from '../../common/errors.ts';

/** Constructs import only types from these folders; their code is in bundles. */
const TYPES_ONLY = /^(lambda|worker)$/;
const RELATIVE = /(['"])(\.{1,2}\/[^'"]+)\.ts\1/g;

/** @throws UserError with the compiler's messages */
export function compile(root: string): void {
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => refuse([diagnostic], root),
  };
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.package.json'), {}, host);
  if (!config) throw new UserError('tsconfig.package.json cannot be read.');
  const program = ts.createProgram(config.fileNames, config.options);
  const write: ts.WriteFileCallback = (file, text) => {
    const [folder = ''] = relative(config.options.outDir ?? '', file).split(sep);
    if (file.endsWith('.js') && TYPES_ONLY.test(folder)) return;
    // The compiler does not rewrite import paths in declarations.
    ts.sys.writeFile(file, file.endsWith('.d.ts') ? text.replace(RELATIVE, '$1$2.js$1') : text);
  };
  const found = [...config.errors, ...ts.getPreEmitDiagnostics(program)];
  refuse([...found, ...program.emit(undefined, write).diagnostics], root);
}

function refuse(diagnostics: ts.Diagnostic[], root: string): void {
  if (diagnostics.length === 0) return;
  const host = {
    getCanonicalFileName: (name: string) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n',
  };
  throw new UserError(ts.formatDiagnostics(diagnostics, host));
}
