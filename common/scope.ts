/** Clean-ups that run when a command ends, last registered first. */
export class Scope {
  private readonly undo: (() => Promise<void> | void)[] = [];
  private closing: Promise<void> | undefined;

  /** Registers a clean-up; when the scope is already closing, it runs at once. */
  async defer(cleanUp: () => Promise<void> | void): Promise<void> {
    if (this.closing) await cleanUp();
    else this.undo.push(cleanUp);
  }

  get closed(): boolean {
    return this.closing !== undefined;
  }

  /** Runs every clean-up once, also when some fail; a second call waits for the first. */
  close(): Promise<void> {
    this.closing ??= this.run();
    return this.closing;
  }

  private async run(): Promise<void> {
    const errors: unknown[] = [];
    for (const cleanUp of this.undo.reverse()) {
      try {
        await cleanUp();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'clean-up failed');
  }
}
