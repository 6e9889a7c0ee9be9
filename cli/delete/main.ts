/** `ddcolor-elastic delete`: cancels or deletes photos of the HTTP API, by their ids or all of a caller. */
import { Option } from 'commander';
import { matching, type CommandLine } from '../../common/command-line.ts';
import { EXIT, UsageError } from '../../common/errors.ts';
import { printError, printJson, printLine } from '../../common/terminal.ts';
import { API_PHOTO_ID } from '../../contract/keys.ts';
import { askOnTerminal, isTerminal } from '../shared/ask.ts';
import { deploymentOf, output, outputsOf } from '../shared/deployment.ts';
import { count } from '../shared/format.ts';
import { exitCodeOf, interruptible } from '../shared/interruptible.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import { deleteListed, type Answer, type Deletion } from './run.ts';

interface DeleteOptions extends TargetOptions {
  caller?: string;
  dryRun?: boolean;
  yes?: boolean;
}

/** As a photo's record has its owner; an open stage has none. */
const CALLER = /^(?:jwt|group|iam):[^\p{Cc}]{1,1000}$/u;
const CALLER_RULE =
  "a caller: 'jwt:' and the token's sub, 'group:' and the name of a Cognito group, or 'iam:' and the id of a role, user or identity";

const WORDS: Record<Answer, string> = {
  cancelled: 'cancelled: it had no outcome, and gets none',
  deleted: 'deleted, with its outcome',
  gone: 'not found: no such photo, or deleted before',
};

export const define = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        'Cancels photos of the HTTP API that have no outcome, and deletes the others with their outcome, record and links. It cannot be undone.',
      )
      .argument('[ids...]', 'ids of photos, as the API gave them')
      .addOption(
        new Option(
          '--caller <name>',
          'all photos of one caller instead: jwt:SUB, group:NAME or iam:ID',
        ).argParser(matching(CALLER, CALLER_RULE)),
      )
      .option('--dry-run', 'count what would be deleted, and leave it')
      .option('-y, --yes', 'do not ask'),
  )
    .notes(
      `Example: ddcolor-elastic delete fQVVjq8l5akCGUXBjuiEhQ --stage prod
         ddcolor-elastic delete --caller jwt:7d3f… --stage prod --dry-run

--caller finds what was announced over the API by a caller that had signed in. Photos of an open stage, and
those that came straight to the bucket, name no caller: docs/delete.md.

Exit codes: 0 none of them is left; 1 one could not be deleted, or not confirmed; 2 wrong command line;
3 AWS could not be reached; 130 interrupted. Repeat it after any of them.
IAM: cloudformation:DescribeStacks; on the gateway's table dynamodb:GetItem, dynamodb:UpdateItem,
dynamodb:DeleteItem, and for --caller dynamodb:Query on its index; on the objects of the API in the bucket
s3:GetObject, s3:PutObject, s3:DeleteObject.`,
    )
    .runs(deletePhotos);

const deletePhotos = (given: string[], options: DeleteOptions): Promise<number> => {
  const { caller, dryRun = false, yes = false, json = false } = options;
  const ids = [...new Set(given)];
  if ((ids.length === 0) === (caller === undefined))
    throw new UsageError('name the photos by their ids, or their caller by --caller');
  const wrong = ids.find((id) => !API_PHOTO_ID.test(id));
  if (wrong !== undefined)
    throw new UsageError(`<ids> is '${wrong}'. Expected an id of the API: 22 letters, digits, - and _`);
  if (!yes && !dryRun && (json || !isTerminal()))
    throw new UsageError('add --yes: there is no terminal to ask on');
  return interruptible(async ({ signal }) => {
    const deployment = await deploymentOf(targetOf(options));
    const outputs = await outputsOf(deployment, signal);
    const resources = {
      bucket: output(outputs, 'BucketName', deployment),
      table: output(outputs, 'GatewayTableName', deployment),
    };
    const { photoDeleter } = await import('./aws.ts');
    const deleter = photoDeleter(deployment.config, resources, { signal, now: () => Date.now() / 1000 });
    const { stage, stack, region } = deployment;
    const found = caller === undefined ? ids : await deleter.list(caller);
    const whose = caller === undefined ? '' : ` of ${caller}`;
    const what = `${count(found.length, 'photo')}${whose} at stage ${stage}`;
    const answer =
      !dryRun && !yes && found.length > 0
        ? await askOnTerminal(`Delete ${what}, and what came of them? [y/N] `)
        : 'y';
    if (!/^y(es)?$/i.test(answer.trim())) {
      printError('Nothing is deleted.');
      return EXIT.failed;
    }
    const report = ({ id, answer }: Deletion) => {
      if (json) return;
      if (answer instanceof Error) printError(`${id} is not deleted: ${answer.message}`);
      else printLine(`${id} ${WORDS[answer]}`);
    };
    const ports = { delete: deleter.delete, report, signal };
    const again = async () => (caller === undefined ? [] : deleter.list(caller));
    const deletions = dryRun ? [] : await deleteListed(found, again, ports);
    const of = (wanted: Answer) => deletions.filter(({ answer }) => answer === wanted).length;
    const failed = deletions.flatMap(({ id, answer }) =>
      answer instanceof Error ? [{ id, error: answer }] : [],
    );
    const counts = {
      cancelled: of('cancelled'),
      deleted: of('deleted'),
      gone: of('gone'),
      failed: failed.length,
    };
    if (json)
      printJson({
        command: 'delete',
        stage,
        stack,
        region,
        caller: caller ?? null,
        dryRun,
        found: found.length,
        ...counts,
      });
    else if (dryRun) printLine(`${what} would be deleted. Nothing is changed.`);
    else
      printLine(
        `${what}: ${Object.entries(counts)
          .map(([name, n]) => `${n} ${name}`)
          .join(', ')}.`,
      );
    const codes = failed.map(({ error }) => exitCodeOf(error) ?? EXIT.failed);
    return codes.length === 0 ? EXIT.done : Math.min(...codes);
  });
};
