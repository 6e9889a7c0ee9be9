// Entry of an image worker thread when it runs from source: registers the TypeScript loader. A bundle has the bundled
// thread under this name instead.
import { register } from 'tsx/esm/api';

register();
await import('./image-worker-thread.ts');
