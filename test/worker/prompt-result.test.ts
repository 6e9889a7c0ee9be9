/** Classification of what ComfyUI reports: recorded from 0.3.64, and from later versions where they differ. */
import { describe, expect, it } from 'vitest';
import type { HistoryEntry, Submission } from '../../worker/comfyui/schemas.ts';
import { InstanceFault, PermanentFault, TransientFault } from '../../worker/photo/faults.ts';
import { resultFile, submissionFault } from '../../worker/comfyui/prompt-result.ts';
import { workflow } from './support/stand-in-comfyui.ts';

type Fault = typeof InstanceFault | typeof PermanentFault | typeof TransientFault;

const nodeError = (type: string, details = '') => ({ errors: [{ type, message: 'no', details }] });
const refused = (type: string, message: string, nodeErrors: Submission['nodeErrors'] = {}): Submission => ({
  error: { type, message, details: '' },
  nodeErrors,
});

describe('a prompt', () => {
  it('that was accepted whole is no fault', () =>
    expect(submissionFault({ nodeErrors: {} }, workflow)).toBeUndefined());

  it.each<[string, Submission, Fault]>([
    [
      'a node that failed to import',
      refused('invalid_prompt', 'Cannot execute because node DDColor_Colorize does not exist.'),
      InstanceFault,
    ],
    ['the same in 0.38', refused('missing_node_type', 'Node DDColor_Colorize not found'), InstanceFault],
    ['an id that 0.38 refuses', refused('invalid_prompt_id', 'not a UUID'), InstanceFault],
    [
      'a checkpoint that is not there',
      refused('prompt_outputs_failed_validation', 'failed', { '2': nodeError('value_not_in_list') }),
      InstanceFault,
    ],
    [
      'an input that is not there',
      refused('prompt_outputs_failed_validation', 'failed', {
        '1': nodeError('custom_validation_failed', 'image - Invalid image file: x/in.png'),
      }),
      TransientFault,
    ],
    [
      'an input and a checkpoint that are not there',
      refused('prompt_outputs_failed_validation', 'failed', {
        '1': nodeError('custom_validation_failed'),
        '2': nodeError('value_not_in_list'),
      }),
      InstanceFault,
    ],
    [
      'a part that will not run, in an answer of 200',
      { nodeErrors: { '4': nodeError('bad_linked_input') } },
      InstanceFault,
    ],
  ])('refused for %s', (_what, submission, fault) => {
    expect(submissionFault(submission, workflow)).toBeInstanceOf(fault);
  });
});

const failed = (node: string, type: string, message: string): HistoryEntry => ({
  outputs: {},
  status: {
    status_str: 'error',
    messages: [
      ['execution_start', {}],
      [
        'execution_error',
        { node_id: node, node_type: 'Some', exception_type: type, exception_message: message },
      ],
    ],
  },
});
const file = (filename: string) => ({ filename, subfolder: 'x', type: 'output' });
const succeeded = (images?: ReturnType<typeof file>[]): HistoryEntry => ({
  outputs: images ? { '3': { images } } : {},
  status: { status_str: 'success', messages: [['execution_success', {}]] },
});

describe('a prompt that has ended', () => {
  it('successfully has its one picture', () =>
    expect(resultFile(succeeded([file('out_00001_.png')]), workflow)).toEqual(file('out_00001_.png')));

  it.each<[string, HistoryEntry, Fault]>([
    ['in success without a picture', succeeded(), InstanceFault],
    ['in success with an empty list', succeeded([]), InstanceFault],
    ['in success with two pictures', succeeded([file('a'), file('b')]), InstanceFault],
    [
      'at an unreadable picture',
      failed('1', 'PIL.UnidentifiedImageError', 'cannot identify'),
      PermanentFault,
    ],
    ['at a bomb', failed('1', 'PIL.Image.DecompressionBombError', 'exceeds limit'), PermanentFault],
    ['at a deleted file', failed('1', 'FileNotFoundError', 'No such file'), TransientFault],
    ['at a picture that was cut off', failed('1', 'OSError', 'image file is truncated'), TransientFault],
    ['at a full disk', failed('3', 'OSError', '[Errno 28] No space left on device'), InstanceFault],
    ['at a used-up quota', failed('3', 'OSError', '[Errno 122] Disk quota exceeded'), InstanceFault],
    [
      'at a read-only disk',
      failed('3', 'OSError', '[Errno 30] Read-only file system: out.png'),
      InstanceFault,
    ],
    ['at a disk that fails', failed('1', 'OSError', '[Errno 5] Input/output error'), InstanceFault],
    ['at too many open files', failed('1', 'OSError', '[Errno 24] Too many open files'), InstanceFault],
    [
      'at a folder of another user',
      failed('3', 'PermissionError', '[Errno 13] Permission denied'),
      InstanceFault,
    ],
    ['without memory in the loader', failed('1', 'MemoryError', ''), InstanceFault],
    [
      'without memory by the system',
      failed('3', 'OSError', '[Errno 12] Cannot allocate memory'),
      InstanceFault,
    ],
    [
      'without memory in PyTorch',
      failed(
        '1',
        'RuntimeError',
        "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory",
      ),
      InstanceFault,
    ],
    ['without threads', failed('3', 'RuntimeError', "can't start new thread"), InstanceFault],
    [
      'at a missing module',
      failed('1', 'ModuleNotFoundError', "No module named 'pillow_heif'"),
      InstanceFault,
    ],
    [
      'at a missing library',
      failed('3', 'ImportError', 'libGL.so.1: cannot open shared object file'),
      InstanceFault,
    ],
    ['at deleted weights', failed('2', 'FileNotFoundError', 'ddcolor_modelscope.pth'), InstanceFault],
    [
      'at weights that are cut off',
      failed('2', 'RuntimeError', 'PytorchStreamReader failed reading zip archive'),
      InstanceFault,
    ],
    ['out of memory', failed('2', 'torch.OutOfMemoryError', 'CUDA out of memory. Tried'), InstanceFault],
    [
      'at a poisoned device',
      failed('2', 'RuntimeError', 'CUDA error: an illegal memory access was encountered'),
      InstanceFault,
    ],
    [
      'at a poisoned device that the saver meets first',
      failed('3', 'RuntimeError', 'CUDA error: device-side assert triggered'),
      InstanceFault,
    ],
    [
      'by an interruption',
      { outputs: {}, status: { status_str: 'error', messages: [['execution_interrupted', {}]] } },
      TransientFault,
    ],
    ['without a message', { outputs: {}, status: { status_str: 'error', messages: [] } }, InstanceFault],
  ])('%s', (_what, entry, fault) => {
    expect(() => resultFile(entry, workflow)).toThrow(fault);
  });

  it('has no detail of the instance in the message for the uploader', () => {
    const entry = failed('1', 'PIL.UnidentifiedImageError', "cannot identify '/var/lib/comfy/input/x'");
    try {
      resultFile(entry, workflow);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).not.toContain('/');
    }
  });
});
