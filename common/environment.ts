/** The environment of everything that uses the local AWS, without the user's own AWS configuration. */
import { mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { checkout } from './checkout.ts';

/** Twelve digits, which the local AWS uses as the account. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
export const LOCAL_DIRECTORY = '.local';

/** Absolute path below `.local/` of the checkout, or of the working directory without one; its folder is created. */
export function localPath(...parts: string[]): string {
  const path = join(checkout ?? process.cwd(), LOCAL_DIRECTORY, ...parts);
  mkdirSync(join(path, '..'), { recursive: true });
  return path;
}

/** A separate home folder for child processes: the CDK's CLI caches there which account a key belongs to. */
export function homeDirectory(): string {
  const directory = localPath('home');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Credentials and region for SDK clients of this process. */
export const clientConfig = (endpoint: string) => ({
  endpoint,
  region: REGION,
  credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'local' },
});

/** Environment for child processes that use the SDK, the CDK's CLI or Python. */
export function childEnvironment(endpoint: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|CDK_|PYTHON|NODE_OPTIONS$)/i.test(name),
  );
  return {
    ...Object.fromEntries(own),
    // The local AWS runs functions on the first Node on the PATH, which has to be this one.
    PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: 'local',
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
