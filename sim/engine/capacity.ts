/** What Amazon has: which launches are refused, how long boots take, which never end, and when Spot takes back. */
import { draws, exponential, logNormal, type Draw } from '../random.ts';
import type { World } from '../world.ts';

/** A pool is one type in one zone; it has capacity and has none in turns, both of random length. */
class CapacityPool {
  private until: number;
  private exhausted = false;
  private periods = 0;

  constructor(
    private readonly world: World,
    private readonly draw: Draw,
    private readonly key: number,
  ) {
    this.until = exponential(draw(this.index()), world.shortageGap);
  }

  isAvailable(at: number): boolean {
    while (this.until <= at) {
      this.exhausted = !this.exhausted;
      this.until += exponential(
        this.draw(this.index()),
        this.exhausted ? this.world.shortage : this.world.shortageGap,
      );
    }
    return !this.exhausted;
  }

  private index(): number {
    return this.key * 1_000_000 + this.periods++;
  }
}

export interface Launch {
  /** Seconds to its first job; Infinity when it never becomes ready. */
  boot: number;
  /** Seconds to the Spot interruption; Infinity for one that is never interrupted. */
  interruption: number;
  /** Seconds of warning before that. */
  notice: number;
  warm: boolean;
}

export class Ec2Capacity {
  private readonly pools: CapacityPool[];
  private readonly draw: Record<'boot' | 'failure' | 'refusal' | 'spot' | 'time' | 'notice', Draw>;
  private launches = 0;
  private refusals = 0;
  /** Instances of the warm pool that are prepared. */
  warm: number;

  constructor(
    private readonly world: World,
    seed: number,
  ) {
    const renewal = draws(seed, 'renewal');
    const count = world.shortage > 0 ? world.types * world.zones : 0;
    this.pools = Array.from({ length: count }, (_, key) => new CapacityPool(world, renewal, key));
    this.draw = {
      boot: draws(seed, 'boot'),
      failure: draws(seed, 'boot-failure'),
      refusal: draws(seed, 'capacity'),
      spot: draws(seed, 'spot'),
      time: draws(seed, 'pool'),
      notice: draws(seed, 'notice'),
    };
    this.warm = world.warmPool;
  }

  /** Seconds to the next try after a launch that was refused. */
  get retrySeconds(): number {
    return Math.min(600, this.world.retry * 1.5 ** Math.max(0, this.refusals - 1));
  }

  /** @returns undefined when nobody has an instance for us */
  launch(at: number): Launch | undefined {
    const { world, draw } = this;
    const index = this.launches++;
    if (this.warm > 0) {
      this.warm--;
      return { ...this.interruptionOf(index), boot: this.bootOf(index, world.warmBoot), warm: true };
    }
    const somewhere = this.pools.length === 0 || this.pools.filter((pool) => pool.isAvailable(at)).length > 0;
    if (!somewhere || draw.refusal(index) < world.noCapacity) {
      this.refusals++;
      return undefined;
    }
    this.refusals = 0;
    return { ...this.interruptionOf(index), boot: this.bootOf(index, world.boot), warm: false };
  }

  private bootOf(index: number, mean: number): number {
    if (this.draw.failure(index) < this.world.bootFailure) return Infinity;
    return logNormal(this.draw.boot(index), mean, this.world.bootSigma);
  }

  private interruptionOf(index: number): Pick<Launch, 'interruption' | 'notice'> {
    const { world, draw } = this;
    const spot = world.interruptions > 0 && draw.spot(index) < world.spotShare;
    return {
      interruption: spot ? exponential(draw.time(index), 3600 / world.interruptions) : Infinity,
      notice: draw.notice(index) < world.noNotice ? 0 : world.notice,
    };
  }
}
