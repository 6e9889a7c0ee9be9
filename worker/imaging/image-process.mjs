// Entry of an image process when it runs from source: registers the TypeScript loader. A bundle has the bundled process under
// this name instead.
import { register } from 'tsx/esm/api';

register();
await import('./image-process.ts');
