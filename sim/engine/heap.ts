/** Binary min-heap with a payload of three integers per key, in typed arrays: no allocation per event. */
export class Heap {
  private keys = new Float64Array(64);
  private orders = new Float64Array(64);
  private kinds = new Uint8Array(64);
  private firsts = new Int32Array(64);
  private seconds = new Int32Array(64);
  size = 0;

  /** The smallest key; Infinity when empty. */
  get key(): number {
    return this.size > 0 ? (this.keys[0] as number) : Infinity;
  }
  /** Payload of the smallest key. */
  get kind(): number {
    return this.kinds[0] as number;
  }
  get first(): number {
    return this.firsts[0] as number;
  }
  get second(): number {
    return this.seconds[0] as number;
  }

  /** @param order decides between equal keys, smallest first */
  push(key: number, order: number, kind: number, first: number, second: number): void {
    if (this.size === this.keys.length) this.grow();
    const { keys, orders } = this;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentKey = keys[parent] as number;
      if (parentKey < key || (parentKey === key && (orders[parent] as number) <= order)) break;
      this.move(parent, at);
      at = parent;
    }
    this.put(at, key, order, kind, first, second);
  }

  /** Removes the smallest key. */
  pop(): void {
    const { keys, orders } = this;
    const last = --this.size;
    if (last <= 0) return;
    const key = keys[last] as number;
    const order = orders[last] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      const right = child + 1;
      if (right < last) {
        const a = keys[child] as number;
        const b = keys[right] as number;
        if (b < a || (b === a && (orders[right] as number) < (orders[child] as number))) child = right;
      }
      const childKey = keys[child] as number;
      if (key < childKey || (key === childKey && order <= (orders[child] as number))) break;
      this.move(child, at);
      at = child;
    }
    this.move(last, at);
  }

  private put(at: number, key: number, order: number, kind: number, first: number, second: number): void {
    this.keys[at] = key;
    this.orders[at] = order;
    this.kinds[at] = kind;
    this.firsts[at] = first;
    this.seconds[at] = second;
  }

  private move(from: number, to: number): void {
    this.keys[to] = this.keys[from] as number;
    this.orders[to] = this.orders[from] as number;
    this.kinds[to] = this.kinds[from] as number;
    this.firsts[to] = this.firsts[from] as number;
    this.seconds[to] = this.seconds[from] as number;
  }

  private grow(): void {
    const size = this.keys.length * 2;
    const wider = <T extends Float64Array | Uint8Array | Int32Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    this.keys = wider(this.keys, new Float64Array(size));
    this.orders = wider(this.orders, new Float64Array(size));
    this.kinds = wider(this.kinds, new Uint8Array(size));
    this.firsts = wider(this.firsts, new Int32Array(size));
    this.seconds = wider(this.seconds, new Int32Array(size));
  }
}
