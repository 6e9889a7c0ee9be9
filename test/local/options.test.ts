import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../local/options.ts';

describe('options of npm start', () => {
  it('have default values', () => {
    expect(parseOptions([])).toEqual({
      photos: undefined,
      count: 60,
      comfyui: undefined,
      keep: false,
      port: undefined,
      json: undefined,
      help: false,
    });
  });

  it('are parsed', () => {
    const args = '--photos album --comfyui http://127.0.0.1:8188/ --keep --port 9000 --json out.json'.split(
      ' ',
    );
    expect(parseOptions(args)).toMatchObject({
      photos: 'album',
      comfyui: 'http://127.0.0.1:8188',
      keep: true,
      port: 9000,
      json: 'out.json',
    });
  });

  it.each([
    [['--count', '0'], "--count '0' is not a whole number from 1 to 5000."],
    [['--count', 'many'], "--count 'many' is not a whole number"],
    [['--port', '70000'], "--port '70000' is not a whole number from 0 to 65535."],
    [['--comfyui', 'localhost'], "--comfyui 'localhost' is neither a URL"],
    [['--comfyui', 'ftp://x'], "--comfyui 'ftp://x' is neither a URL"],
    [['--photos', 'a', '--count', '3'], '--photos and --count exclude each other'],
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['photo.jpg'], "Unexpected argument 'photo.jpg'"],
  ])('reject %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
    expect(() => parseOptions(args)).toThrow(/^[^\n]*$/);
  });
});
