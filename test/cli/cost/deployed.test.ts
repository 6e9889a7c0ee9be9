/** `cost --deployed` takes the image's size from the account: the tag that its bake has written. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { costOf } from '../../../cli/cost/cost-of.ts';
import { resolveStage } from '../../../lib/stage/stage.ts';
import { stages } from '../../../bin/stages.ts';
import { command, Folder } from '../support/command.ts';

const folder = new Folder();
let server: Server | undefined;
afterEach(() => server?.close());

/** SSM and EC2. @param ami undefined: there is no parameter @param tags of the image, XML */
async function account(ami: string | undefined, tags = ''): Promise<NodeJS.ProcessEnv> {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.headers['x-amz-target']) {
        const answer = ami === undefined ? { __type: 'ParameterNotFound' } : { Parameter: { Value: ami } };
        response.writeHead(ami === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
        return response.end(JSON.stringify(answer));
      }
      expect(new URLSearchParams(body).get('ImageId.1')).toBe(ami);
      const image = `<imagesSet><item><imageId>${ami}</imageId><tagSet>${tags}</tagSet></item></imagesSet>`;
      return response.writeHead(200).end(`<DescribeImagesResponse>${image}</DescribeImagesResponse>`);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_MAX_ATTEMPTS: '1' },
  };
}

const args = ['cost', '--stage', 'prod', '--deployed', '--region', 'eu-central-1'];
const size = (gib: string) => `<item><key>ddcolor-elastic:size-gib</key><value>${gib}</value></item>`;

describe('cost --deployed', () => {
  it('computes with the recorded size, and says whose it is', async () => {
    const ended = await command(folder.path, args, await account('ami-1', size('50')));
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('An image of 50 GiB, as the bake of ami-1 has recorded.');
    expect(ended.out).toMatch(/image +2\.50 +50 GiB of snapshot x 0\.05/);
    expect(ended.out).toContain('and 0.18 a launch');
    // Without it the size is a guess, and named as one.
    const guess = costOf(resolveStage('prod', stages.prod));
    expect(guess.image).toEqual({ id: null, gib: 70 });
    expect(guess.assumptions.join('\n')).toContain('An image of 70 GiB, a guess: --deployed reads');
  });

  it.each<[string, string | undefined, string, string]>([
    ['a stage without an image', undefined, '', "--deployed: stage 'prod' has no image in eu-central-1"],
    ['an image without its size', 'ami-1', '', '--deployed: ami-1 has no tag ddcolor-elastic:size-gib'],
    ['a size that is none', 'ami-1', size('many'), '--deployed: ami-1 has no tag'],
  ])('fails for %s', async (_what, ami, tags, words) => {
    const ended = await command(folder.path, args, await account(ami, tags));
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toContain(words);
  });
});
