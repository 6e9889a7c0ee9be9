/** Copies of the image's template for the Packer that can be built here. */

/** Replaces a text that occurs once. @throws Error when it does not */
export function once(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`the template has ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}

/** Removes a block from its first line to the brace that closes it. */
function withoutBlock(text: string, head: string): string {
  const from = text.indexOf(`${head} {\n`);
  const to = text.indexOf('\n}\n', from);
  if (from < 0 || to < 0) throw new Error(`the template has no block ${head}`);
  return text.slice(0, from) + text.slice(to + '\n}\n'.length);
}

/** Allows older versions of Packer and its plugin; the rest is the template's. */
export const withVersions = (text: string, { packer, amazon }: { packer: string; amazon: string }): string =>
  once(
    once(text, 'required_version = ">= 1.11.0"', `required_version = ">= ${packer}"`),
    'version = "= 1.8.4"',
    `version = "= ${amazon}"`,
  );

export interface SshTarget {
  host: string;
  port: number;
  user: string;
  /** Absolute path of a private key. */
  key: string;
}

/**
 * The build block on a machine that exists, in place of one that EC2 would start.
 *
 * @param variables further ones of the scripts, such as `COMFYUI_SOURCE=/src/comfyui`
 */
export function overSsh(text: string, { host, port, user, key }: SshTarget, variables: string[]): string {
  const source = `source "null" "machine" {
  communicator         = "ssh"
  ssh_host             = "${host}"
  ssh_port             = ${port}
  ssh_username         = "${user}"
  ssh_private_key_file = "${key}"
}
`;
  const fixed = '["PREFIX=", "WORKER_ARCHIVE=/tmp/image/worker.tar.gz"],';
  let changed = withoutBlock(text, 'data "amazon-parameterstore" "base"');
  changed = withoutBlock(changed, 'source "amazon-ebs" "ddcolor"');
  changed = withoutBlock(changed, 'packer');
  changed = once(changed, 'data.amazon-parameterstore.base.value', '"none"');
  changed = once(changed, 'source.amazon-ebs.ddcolor', 'source.null.machine');
  changed = once(changed, fixed, `${fixed}\n      ${JSON.stringify(variables)},`);
  return `${source}\n${changed}`;
}

/** A step that installs; the units are copied at each run. */
const INSTALLS = /== (?!80-services)[\w-]+\.sh: (?:checking out|installing|creating|copying|downloading) .*/;

/** @returns the first step of a build that installed something, which a second run must not do; undefined when none did */
export const repeatedStep = (output: string): string | undefined => INSTALLS.exec(output)?.[0];
