// The thread as it is started from source. Plain JavaScript, since it has to register the loader that reads TypeScript; a
// bundle has the bundled thread in its place.
import { register } from 'tsx/esm/api';

register();
await import('./image-worker-thread.ts');
