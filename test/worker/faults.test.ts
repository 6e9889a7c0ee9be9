/** Faults as they travel between threads: class, code and causes stay. */
import { expect, it } from 'vitest';
import {
  ComfyuiTimeout,
  ComfyuiUnreachable,
  deserializeFault,
  InstanceFault,
  PermanentFault,
  serializeFault,
  TransientFault,
} from '../../worker/photo/faults.ts';

const overThread = (error: unknown) => deserializeFault(structuredClone(serializeFault(error)));
const cause = new Error('outer', { cause: new Error('inner') });

it.each([
  [new PermanentFault('too-large', 'm', { cause }), PermanentFault, 'PermanentFault'],
  [new TransientFault('m', { cause }), TransientFault, 'TransientFault'],
  [new InstanceFault('m', { cause }), InstanceFault, 'InstanceFault'],
  // The subclasses matter only at ComfyUI's client, which is in the main thread.
  [new ComfyuiTimeout('m', { cause }), InstanceFault, 'InstanceFault'],
  [new Error('m', { cause }), Error, 'Error'],
])('%s', (error, type, name) => {
  const made = overThread(error);
  expect(made).toBeInstanceOf(type);
  expect(made).toMatchObject({ name, message: 'm', cause: { message: 'outer <- inner' } });
  expect(made instanceof PermanentFault ? made.code : undefined).toBe(
    error instanceof PermanentFault ? 'too-large' : undefined,
  );
  expect(overThread(new TransientFault('m')).cause).toBeUndefined();
});

it('takes anything that is thrown', () => {
  const made = overThread('text');
  expect(made).toMatchObject({ name: 'Error', message: 'text' });
  expect(made).not.toBeInstanceOf(TransientFault);
  expect('cause' in made).toBe(false);
});

it('names the faults of ComfyUI`s client, which are instance faults', () => {
  for (const [fault, name] of [
    [new ComfyuiTimeout('m'), 'ComfyuiTimeout'],
    [new ComfyuiUnreachable('m'), 'ComfyuiUnreachable'],
  ] as const) {
    expect(fault.name).toBe(name);
    expect(fault).toBeInstanceOf(InstanceFault);
  }
});
