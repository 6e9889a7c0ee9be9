/** Builds an image from this checkout and makes it the stage's candidate. */
import { join } from 'node:path';
import { amiParameterName, candidateParameterName } from '../../contract/names.ts';
import { runToEnd } from '../../common/processes.ts';
import { ASSUMED_IMAGE_GIB } from '../../contract/image.ts';
import { EXIT, UserError } from '../../common/errors.ts';
import { buildImage, checkPacker } from './packer.ts';
import { confirmed, declined, type ImageSession } from './session.ts';

export interface BakeEnvironment {
  root: string;
  packerDirectory: string;
  /** For the tarball; emptied first. */
  workDirectory: string;
  revision: (abort: AbortSignal) => Promise<string>;
  /** Packs the worker of the checkout in `root` into `directory`. @returns path of the tarball */
  pack: (root: string, directory: string, abort: AbortSignal) => Promise<string>;
  env: NodeJS.ProcessEnv;
}

const ROOT = join(import.meta.dirname, '..', '..');
const MANIFEST = 'ami/packer/manifest.json';

export const bakeEnvironment = (): BakeEnvironment => ({
  root: ROOT,
  packerDirectory: join(ROOT, 'ami', 'packer'),
  workDirectory: join(ROOT, '.local', 'bake'),
  revision: (abort) => revisionOf(ROOT, abort),
  // Its bundler is not in the npm package.
  pack: async (...where) => (await import('./worker-archive.ts')).workerArchive(...where),
  env: process.env,
});

/** The steps of a bake, as shown before it starts. */
export function planBake(what: {
  stage: string;
  region: string;
  revision: string;
  current: string | undefined;
}): string[] {
  const { stage, region, revision, current } = what;
  return [
    `Bundle the worker of revision ${revision}${revision.endsWith('-dirty') ? ', with changes that are not committed' : ''}.`,
    `Build an image in ${region} with Packer: an instance for some minutes, then a snapshot.`,
    `Set ${candidateParameterName(stage)} to it.`,
    current === undefined
      ? `Set ${amiParameterName(stage)} to it as well, since this stage has no image yet.`
      : `Leave ${amiParameterName(stage)} at ${current}, until npx ddcolor-elastic image promote --stage ${stage}.`,
  ];
}

/**
 * The current commit, with `-dirty` when files differ from it.
 *
 * @throws UserError outside of a git repository
 */
export async function revisionOf(root: string, abort: AbortSignal): Promise<string> {
  const git = async (...args: string[]) => {
    const { code, output } = await runToEnd('git', args, { cwd: root, abort });
    if (code !== 0)
      throw new UserError(
        `git ${args[0] ?? ''} ended with ${code}, so the image's revision is unknown: ${output}`,
      );
    return output.trim();
  };
  const commit = await git('rev-parse', 'HEAD');
  // The last build's manifest does not go into the image.
  const changes = await git('status', '--porcelain', '--', '.', `:(exclude)${MANIFEST}`);
  return changes === '' ? commit : `${commit}-dirty`;
}

export async function bake(
  session: ImageSession,
  environment: BakeEnvironment = bakeEnvironment(),
): Promise<number> {
  const { options, region, parameters, progress, abort, scope } = session;
  const { stage } = options;
  const { root, packerDirectory, workDirectory, env } = environment;
  await checkPacker({ env, abort });
  const [revision, current] = await Promise.all([environment.revision(abort), parameters.current(stage)]);
  const steps = planBake({ stage, region, revision, current });
  if (!(await confirmed(session, `Bake an image for stage '${stage}'`, steps))) return declined(session);

  const archive = await environment.pack(root, workDirectory, abort);
  progress.print(`The worker is in ${archive}.`);
  const imageId = await buildImage(
    { directory: packerDirectory, env, abort, scope, onLine: (line) => progress.print(line) },
    { region, stage, revision, worker_archive: archive },
    region,
  );
  progress.print(`Built ${imageId}.`);
  progress.print(await recordedSize(session, imageId));
  await parameters.setCandidate(stage, imageId);
  progress.print(`The candidate of stage '${stage}' is ${imageId}.`);
  // Read again: another bake may have finished during the build.
  if ((await parameters.current(stage)) === undefined) {
    await parameters.setCurrent(stage, imageId);
    progress.print(`It is also the current image, as the first of this stage.`);
  } else progress.print(`Next: npx ddcolor-elastic image promote --stage ${stage}`);
  return EXIT.done;
}

/** Records the image's size, on which the cost of a launch depends. An image of unknown size is good all the same. */
async function recordedSize({ images }: ImageSession, imageId: string): Promise<string> {
  const unknown = (why: string) =>
    `The size of ${imageId} was not recorded (${why}): cost goes on with ${ASSUMED_IMAGE_GIB} GiB.`;
  try {
    const gib = await images.recordSize(imageId);
    return gib === undefined ? unknown('EC2 does not report it') : `It has ${gib} GiB, as a tag records.`;
  } catch (error) {
    return unknown((error as Error).message);
  }
}
