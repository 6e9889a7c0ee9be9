/** EC2's side of a launch: refusals, boot times, failed boots and Spot interruptions. */
import { draws, exponential, logNormal, type Draw } from '../random.ts';
import { periodOf, type World } from '../world.ts';

/** One instance type in one zone; periods with and without capacity alternate, both of exponential length. */
class CapacityPool {
  private until: number;
  private exhausted = false;
  private periods = 0;

  /** @param key makes the draws of this pool differ from those of the others */
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
  /** Seconds from the request to the first job; Infinity for a failed boot. */
  boot: number;
  /** Seconds from the request to the Spot interruption; Infinity without one. */
  interruption: number;
  /** Seconds of warning before the interruption. */
  notice: number;
  warm: boolean;
}

export class Ec2Capacity {
  private readonly pools: CapacityPool[];
  private readonly draw: Record<'boot' | 'failure' | 'refusal' | 'spot' | 'time' | 'notice', Draw>;
  private readonly badImage: { from: number; to: number } | undefined;
  private launches = 0;
  private refusals = 0;
  /** Prepared instances in the warm pool. */
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
    this.badImage = world.badImage === undefined ? undefined : periodOf('badImage', world.badImage);
    this.warm = world.warmPool;
  }

  /** Seconds until a refused launch is retried. */
  get retrySeconds(): number {
    return Math.min(600, this.world.retry * 1.5 ** Math.max(0, this.refusals - 1));
  }

  /** @returns undefined for a refused launch */
  launch(at: number): Launch | undefined {
    const { world, draw } = this;
    const index = this.launches++;
    if (this.warm > 0) {
      this.warm--;
      return { ...this.interruptionOf(index), boot: this.bootOf(index, at, world.warmBoot), warm: true };
    }
    const available = this.pools.length === 0 || this.pools.some((pool) => pool.isAvailable(at));
    if (!available || draw.refusal(index) < world.noCapacity) {
      this.refusals++;
      return undefined;
    }
    this.refusals = 0;
    return { ...this.interruptionOf(index), boot: this.bootOf(index, at, world.boot), warm: false };
  }

  private bootOf(index: number, at: number, mean: number): number {
    if (this.draw.failure(index) < this.failureShare(at)) return Infinity;
    return logNormal(this.draw.boot(index), mean, this.world.bootSigma);
  }

  private failureShare(at: number): number {
    const { world, badImage } = this;
    if (!badImage || at < badImage.from || at >= badImage.to) return world.bootFailure;
    return Math.max(world.bootFailure, world.badImageShare);
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
