/** Runs `workflow add` in a temporary folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { add, type AddOptions } from '../../../../cli/workflow/add.ts';
import type { Ask } from '../../../../cli/workflow/choose.ts';
import { shippedImage, type Checked } from '../../../../cli/workflow/nodes/reference.ts';
import { workflowSchema } from '../../../../contract/workflow.ts';
import { Folder } from '../../support/command.ts';

export class Adding {
  private readonly files = new Folder();
  readonly image = shippedImage();
  lines: string[] = [];

  get folder(): string {
    return this.files.path;
  }

  get said(): string {
    return this.lines.join('\n');
  }

  clear(): void {
    this.lines = [];
  }

  remove(): void {
    this.files.remove();
  }

  /** @returns the exit code, and the file that was written */
  async added(graph: object, options: Partial<AddOptions> = {}, ask?: Ask, other?: Checked) {
    this.files.write({ 'graph.json': Buffer.isBuffer(graph) ? graph : JSON.stringify(graph) });
    const all = { name: 'mine', options: [], folder: this.folder, force: true, ...options };
    const ports = { image: this.image, other, ask, print: (line: string) => void this.lines.push(line) };
    const code = await add(join(this.folder, 'graph.json'), all, ports);
    const path = join(this.folder, `${all.name}.json`);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return { code, text, workflow: text === '' ? undefined : workflowSchema.parse(JSON.parse(text)) };
  }
}
