/** Questions on the terminal. */
import { createInterface } from 'node:readline/promises';

export async function askOnTerminal(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // readline handles Ctrl-C itself; pass it on to this process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

export const isTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY;
