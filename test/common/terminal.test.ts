/** What foreign text becomes on its way to the terminal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Progress } from '../../common/progress.ts';
import { jsonText, messageLines, printable, printBug, printError, printText } from '../../common/terminal.ts';
import { HOSTILE, unsafeIn } from '../hostile/support/terminal-strings.ts';

const said = (print: (out: NodeJS.WriteStream) => void, isTTY = false): string => {
  let text = '';
  print({ isTTY, columns: 60, write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream);
  return text;
};

describe('a line', () => {
  it.each(HOSTILE)('shows %s by its escapes', (_, foreign, shown) => {
    expect(printable(foreign)).toBe(shown);
    expect(unsafeIn(printable(foreign))).toEqual([]);
  });

  it.each([
    'Großmutter, 1912.jpg',
    '祖母の写真.jpg',
    'جدتي ١٩١٢.jpg',
    'می‌خواهم.jpg',
    '👨‍👩‍👧.jpg',
    'C:\\scans\\oma.jpg',
  ])('shows %s as it is', (name) => expect(printable(name)).toBe(name));

  it('has no control character, whatever the text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(text, (foreign) => unsafeIn(printable(foreign)).length === 0),
      { seed: 21, numRuns: 300 },
    );
  });
});

describe('a secret of a URL', () => {
  const SECRETS: [text: string, shown: string][] = [
    ["'http://u:p4ss@127.0.0.1:8188/'", "'http://***@127.0.0.1:8188/'"],
    ['https://p4ss@host/a', 'https://***@host/a'],
    ['https://u:p4ss@p4ss@host', 'https://***@host'],
    [`https://u:${'p4ss'.repeat(500)}@host`, 'https://***@host'],
    [
      'https://b.s3.amazonaws.com/k?X-Amz-Credential=p4ss&X-Amz-Date=1&X-Amz-Signature=p4ss',
      'https://b.s3.amazonaws.com/k?X-Amz-Credential=***&X-Amz-Date=1&X-Amz-Signature=***',
    ],
    ['/k?x-amz-security-token=p4ss', '/k?x-amz-security-token=***'],
    ['https://h/?code=p4ss&state=1#a', 'https://h/?code=***&state=1#a'],
    ['https://h/cb?access_token=p4ss', 'https://h/cb?access_token=***'],
    [
      'https://h/cb#access_token=p4ss&amp;refresh_token=p4ss',
      'https://h/cb#access_token=***&amp;refresh_token=***',
    ],
    [
      'https://d.cloudfront.net/a?Expires=1&Signature=p4ss',
      'https://d.cloudfront.net/a?Expires=1&Signature=***',
    ],
  ];

  it.each(SECRETS)('in %s is not shown', (text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printable(shown)).not.toContain('p4ss');
  });

  it.each(['oma@home.jpg', 'https://host/a@b?tokens=3', 's3://bucket/incoming/a@b.jpg'])(
    'is not found in %s',
    (text) => expect(printable(text)).toBe(text),
  );
});

describe('JSON', () => {
  it.each(HOSTILE)('means the same with %s, and has no control character', (_, foreign) => {
    const value = { name: foreign, [foreign]: [foreign] };
    for (const indent of [undefined, 2]) {
      const text = jsonText(value, indent);
      expect(JSON.parse(text)).toEqual(value);
      expect(unsafeIn(text.replaceAll('\n', ''))).toEqual([]);
    }
  });
});

describe('a message', () => {
  it('keeps its lines, and none but the first starts as a line of the command', () => {
    expect(messageLines('ComfyUI exited:\nTraceback\nDone.')).toEqual([
      'ComfyUI exited:',
      '  Traceback',
      '  Done.',
    ]);
    expect(said((out) => printError('a\r\n60 photos: 60 coloured\x1b[2J', out))).toBe(
      'a\\r\n  60 photos: 60 coloured\\x1b[2J\n',
    );
  });

  it('of a bug may quote lines of a service: none starts as a line of the command', () => {
    const cause = new SyntaxError('"<html>\n60 photos: 60 coloured"');
    const lines = said((out) => printBug(new Error('a\n60 photos: 60 coloured', { cause }), out)).split('\n');
    expect(lines.filter((line) => line.startsWith('60'))).toEqual([]);
  });

  it('of several lines of ours keeps its line breaks', () =>
    expect(said((out) => printText('Usage:\n  a\x1b[H', out))).toBe('Usage:\n  a\\x1b[H\n'));
});

describe('progress', () => {
  it.each(HOSTILE)('on a terminal has %s escaped, cut to the width', (_, foreign) => {
    const text = said((out) => new Progress(out).line(`0123456789 ${foreign} ${'x'.repeat(100)}`), true);
    const line = text.replace('\r\x1b[K', '');
    expect(unsafeIn(line)).toEqual([]);
    expect(line).toHaveLength(59);
    expect(unsafeIn(said((out) => new Progress(out).print(foreign)).slice(0, -1))).toEqual([]);
  });
});
