/** A process of a benchmark, which answers each task that it gets over IPC. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export class TaskProcess {
  private readonly child: ChildProcess;

  /** @param file its bundle */
  constructor(file: string) {
    this.child = fork(file);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  async ask<Answer>(task: object): Promise<Answer> {
    const done = new AbortController();
    const { signal } = done;
    const ended = once(this.child, 'exit', { signal }).then(([code]) => {
      throw new Error(`a measured process exited early with ${String(code)}`);
    });
    ended.catch(() => undefined);
    this.child.send(task);
    const [answer] = (await Promise.race([once(this.child, 'message', { signal }), ended])) as [Answer];
    done.abort();
    return answer;
  }

  close(): void {
    this.child.kill();
  }
}

/** The other side: answers tasks one after another, and ends with its parent, or with 1 when a task fails. */
export function answerTasks<Task, Answer>(answer: (task: Task) => Promise<Answer>): void {
  process.on('message', (task: Task) => {
    answer(task).then(
      (found) => process.send?.(found),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
}
