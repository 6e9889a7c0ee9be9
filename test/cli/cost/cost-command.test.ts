/** `npx ddcolor-elastic cost` as a command. */
import { describe, expect, it } from 'vitest';
import { costOf } from '../../../cli/cost/cost-of.ts';
import { costJson, costLines, costMarkdown } from '../../../cli/cost/text.ts';
import { resolveStage } from '../../../lib/stage/stage.ts';
import { command, Folder } from '../support/command.ts';

describe('the command', () => {
  const folder = new Folder();

  it('prints text, JSON or Markdown', async () => {
    const wanted = costOf(resolveStage('prod', { maxCapacity: 20, retainData: true }), {
      serviceSeconds: 3,
    });
    const args = ['cost', '--stage', 'prod', '--service-seconds', '3'];
    expect((await command(folder.path, args)).out).toBe(`${costLines(wanted).join('\n')}\n`);
    expect(JSON.parse((await command(folder.path, [...args, '--json'])).out)).toEqual(costJson(wanted));
    expect((await command(folder.path, [...args, '--markdown'])).out).toBe(`${costMarkdown(wanted)}\n`);
    expect((await command(folder.path, ['cost', '--local', '--json'])).out).toContain('"stage":"local"');
    const mix = ['cost', '--local', '--json', '--photo-megapixels', '3:1,12:3', '--photo-kind', 'jpeg-grey'];
    expect(JSON.parse((await command(folder.path, mix)).out)).toMatchObject({
      photos: [
        { megapixels: 3, kind: 'jpeg-grey', share: 0.25 },
        { megapixels: 12, kind: 'jpeg-grey', share: 0.75 },
      ],
    });
  });

  it.each([
    [['--service-seconds', '0'], 'Expected a number above 0, up to 3600'],
    [['--photo-megapixels', '0'], 'Expected megapixels above 0, up to 178'],
    [['--photo-megapixels', '3,'], 'Expected megapixels above 0, up to 178'],
    [['--photo-megapixels', '3:1:2'], 'Expected megapixels above 0, up to 178'],
    [['--photo-megapixels', '3:-1'], 'Expected megapixels above 0, up to 178'],
    [['--photo-kind', 'gif'], 'Allowed choices are jpeg-rgb, jpeg-grey, png, tiff16'],
    [['--photo-megapixels', '3', '--service-seconds', '1'], "cannot be used with option '--service-seconds"],
    [['--json', '--markdown'], "'--markdown' cannot be used with option '--json'"],
    [['--stage', 'mars'], "--stage 'mars': bin/stages.ts has local, chaos, dev, prod."],
    [['--stack', 'x'], "unknown option '--stack'"],
    [['--deployed', '--local'], "'--deployed' cannot be used with option '--local'"],
  ])('rejects %j', async (args, said) => {
    const ended = await command(folder.path, ['cost', ...args]);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain(said);
  });
});
