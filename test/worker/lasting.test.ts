/** Errors of the worker's own machine that last are instance faults; those of the network or of a photo are not. */
import { describe, expect, it } from 'vitest';
import { InstanceFault, PermanentFault } from '../../worker/photo/faults.ts';
import { lastingCause, ofThisInstance } from '../../worker/photo/lasting.ts';

const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('an error of the worker', () => {
  it.each([
    ['ENOSPC', 'its disk is full'],
    ['EDQUOT', 'its disk is full'],
    ['EROFS', 'its disk is read-only'],
    ['EIO', 'its disk fails'],
    ['EMFILE', 'it has too many open files'],
    ['ENFILE', 'it has too many open files'],
    ['ENOMEM', 'it has no memory left'],
    ['EAGAIN', 'it starts no more threads'],
    ['EACCES', 'a file may not be read or written'],
  ])('%s is an instance fault, also as a cause', (code, what) => {
    const error = coded(code);
    for (const thrown of [
      error,
      new Error('the request failed', { cause: new Error('socket', { cause: error }) }),
    ]) {
      const found = ofThisInstance(thrown);
      expect(found).toBeInstanceOf(InstanceFault);
      expect(found).toMatchObject({ message: `this instance is at fault: ${what}`, cause: thrown });
    }
  });

  it.each(['ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'ECONNREFUSED', 'EPIPE'])('%s is not', (code) => {
    const error = coded(code);
    expect(ofThisInstance(error)).toBe(error);
  });

  it('is told by its code, not by a text that a file may have put there', () => {
    const error = new Error('No space left on device');
    expect(ofThisInstance(error)).toBe(error);
    const refused = new PermanentFault('unreadable-image', 'The file is damaged.', {
      cause: new Error('ENOSPC'),
    });
    expect(ofThisInstance(refused)).toBe(refused);
  });

  it('stays the instance fault that it is', () => {
    const fault = new InstanceFault('no image process starts', { cause: coded('EMFILE') });
    expect(ofThisInstance(fault)).toBe(fault);
  });

  it('that is its own cause ends the search', () => {
    const error = new Error('round');
    error.cause = error;
    expect(ofThisInstance(error)).toBe(error);
  });
});

it('what nodes report of a photo is nothing that lasts', () => {
  for (const text of [
    'KeyError: 0',
    'ValueError: Sizes of tensors must match',
    'PIL.UnidentifiedImageError: cannot identify',
  ])
    expect(lastingCause(text)).toBeUndefined();
});
