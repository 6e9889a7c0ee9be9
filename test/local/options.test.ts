/** The options of npm start. */
import { describe, expect, it } from 'vitest';
import { define } from '../../local/options.ts';
import { parse } from '../support/parse.ts';

describe('options of npm start', () => {
  it.each([
    ['', { count: 60, bulk: 0 }],
    [
      '--photos album --comfyui http://127.0.0.1:8188/ --keep --port 9000 --json out.json',
      {
        photos: 'album',
        comfyui: 'http://127.0.0.1:8188',
        keep: true,
        port: 9000,
        json: 'out.json',
        count: 60,
        bulk: 0,
      },
    ],
    ['--comfyui local --count 4 --bulk 2 --port 0', { comfyui: 'local', count: 4, bulk: 2, port: 0 }],
  ])('%j are parsed', async (line, options) =>
    expect((await parse('start', define, line)).got).toEqual([options]),
  );

  it.each([
    ['--count 0', 'Expected a whole number from 1 to 5000.'],
    ['--port 70000', 'Expected a whole number from 0 to 65535.'],
    ['--comfyui localhost', "Expected a URL such as http://127.0.0.1:8188, or 'local'."],
    ['--photos a --count 3', "'--photos <dir>' cannot be used with option '--count <n>'"],
    ['--fotos album', 'Did you mean --photos?'],
    ['photo.jpg', 'too many arguments'],
  ])('%j are refused', async (line, error) => {
    const { code, errors } = await parse('start', define, line);
    expect(errors).toContain(error);
    expect(code).toBe(2);
  });
});
