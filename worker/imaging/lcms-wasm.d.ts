/** LittleCMS in WebAssembly; its package has no types. */
declare module 'lcms-wasm' {
  export function instantiate(options: {
    print: (line: string) => void;
    printErr: (line: string) => void;
  }): Promise<unknown>;
}
