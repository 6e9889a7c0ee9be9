/** Tries a photo again where an image process died, and finds whose fault that was. */
import { InstanceFault, PermanentFault, TransientFault } from '../photo/faults.ts';
import { ProcessDied } from './image-process-pool.ts';

/** A photo whose process died may not be the reason. One that kills two in a row is. */
const TRIES = 2;
/** Deaths of the processes that held a photo while they worked on others. */
const MAX_OTHERS = 5;

type Tried<T> = { answer: T } | { died: ProcessDied };

/** Tries a photo again, in a process that has seen no other, when one died: of this photo or of another one. */
export async function untilAnswered<T>(attempt: (fresh: boolean) => Promise<T>): Promise<Tried<T>> {
  let [own, others] = [0, 0];
  for (;;) {
    try {
      return { answer: await attempt(own > 0) };
    } catch (died) {
      if (!(died instanceof ProcessDied)) throw died;
      if (died.during === 'another') others++;
      else own++;
      // A photo is the cause of its processor time, whatever else the machine does.
      if (own >= TRIES || others >= MAX_OTHERS || died.exceeded === 'processor time') return { died };
    }
  }
}

export async function unlessRefused<T>(attempt: (fresh: boolean) => Promise<T>): Promise<T> {
  const tried = await untilAnswered(attempt);
  if ('answer' in tried) return tried.answer;
  throw tried.died.during === 'request' && tried.died.exceeded !== 'time'
    ? refusal(tried.died)
    : lost(tried.died);
}

/** @returns the fault of a photo whose process died, possibly not because of the photo */
export function lost(cause: ProcessDied): Error {
  return cause.during === 'start'
    ? new InstanceFault('no image process starts on this instance', { cause })
    : new TransientFault('the image process that worked on this photo died', { cause });
}

/** @returns the failure of a file that two image processes died of, or that takes one too much time */
function refusal(cause: ProcessDied): PermanentFault {
  const { exceeded } = cause;
  return exceeded === undefined
    ? new PermanentFault(
        'unreadable-image',
        'The file is damaged in a way that stops its decoder. Send an intact copy.',
        { cause },
      )
    : new PermanentFault(
        'too-large',
        `Decoding the file takes far more ${exceeded} than a photo of its size. Send it as an ordinary JPEG or PNG file.`,
        { cause },
      );
}
