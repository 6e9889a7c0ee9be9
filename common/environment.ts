/** The environment of everything that uses the local AWS: nothing of the user's own but what a program needs to run. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { checkout } from './checkout.ts';

/** Twelve digits, which the local AWS uses as the account. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
export const LOCAL_DIRECTORY = '.local';
/** Made anew for each run: the local AWS refuses what is not signed with it. */
const SECRET_ACCESS_KEY = randomBytes(30).toString('base64url');

let isPrivate = false;

/** Absolute path below `.local/` of the checkout, or of the working directory without one; its folder is created. */
export function localPath(...parts: string[]): string {
  const directory = join(checkout ?? process.cwd(), LOCAL_DIRECTORY);
  const path = join(directory, ...parts);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!isPrivate) {
    // One of an earlier version may be open to others.
    chmodSync(directory, 0o700);
    isPrivate = true;
  }
  mkdirSync(join(path, '..'), { recursive: true });
  return path;
}

/** A separate home folder for child processes: the CDK's CLI caches there which account a key belongs to. */
export function homeDirectory(): string {
  const directory = localPath('home');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** For Python: it compiles each module once and keeps it, which halves a start, and writes nothing beside the sources. */
export const compiledPython = () => ({
  PYTHONPYCACHEPREFIX: localPath('pycache'),
  PYTHONDONTWRITEBYTECODE: '',
});

/** Credentials and region for SDK clients of this process. */
export const clientConfig = (endpoint: string) => ({
  endpoint,
  region: REGION,
  credentials: { accessKeyId: ACCOUNT, secretAccessKey: SECRET_ACCESS_KEY },
});

/** What a program needs of its caller's environment to run; tokens, agents' sockets and configuration are not in it. */
const NEEDED =
  /^(PATH|PATHEXT|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|TMP|TEMP|SYSTEMROOT|COMSPEC|LD_LIBRARY_PATH)$/i;

/** The variables of this process that a child process gets. @param more names that this one needs as well */
export const inheritedEnvironment = (more?: RegExp): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => NEEDED.test(name) || more?.test(name)));

/** Environment for child processes that use the SDK, the CDK's CLI or Python. */
export function childEnvironment(endpoint: string): NodeJS.ProcessEnv {
  return {
    ...inheritedEnvironment(),
    // The local AWS runs functions on the first Node on the PATH, which has to be this one.
    PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION: endpoint,
    NO_PROXY: '127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
    HOME: homeDirectory(),
    USERPROFILE: homeDirectory(),
    // The SDK warns on every start on Node versions that it will stop supporting.
    NODE_NO_WARNINGS: '1',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}
