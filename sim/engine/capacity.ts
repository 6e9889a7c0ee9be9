/** EC2's side of a launch: refusals, boot times, failed boots and Spot interruptions. */
import type { PoolName } from '../../lambda/scaler/policy/pools/pool-name.ts';
import { draws, exponential, logNormal, type Cause, type Draw } from '../random.ts';
import { periodOf } from '../times.ts';
import { mostStopped, type World } from '../world.ts';

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

/** Why a launch was refused: one type in one zone, or all of them. */
export interface Refused {
  instanceType?: string;
  availabilityZone?: string;
}

/** Names for the instance types or zones of a world, which has counts of them. */
export const namesOf = (kind: 'type' | 'zone', count: number): string[] =>
  Array.from({ length: count }, (_, k) => `${kind}-${k + 1}`);

export class Ec2Capacity {
  private readonly pools: CapacityPool[];
  private readonly draw: Record<
    'boot' | 'failure' | 'refusal' | 'spot' | 'time' | 'notice' | 'offering',
    Draw
  >;
  private readonly badImage: { from: number; to: number } | undefined;
  private readonly spotShortage: { from: number; to: number } | undefined;
  /** Of the latest refused launch. */
  refused: Refused = {};
  private launches = 0;
  private refusals = 0;
  /** Prepared instances in the warm pool. */
  warm: number;

  /** @param pool @default a group of both markets, in shares */
  constructor(
    private readonly world: World,
    seed: number,
    private readonly pool?: PoolName,
  ) {
    const drawsOf = (cause: Cause) => draws(seed, pool === 'on-demand' ? `${cause}-on-demand` : cause);
    const renewal = drawsOf('renewal');
    const count = world.shortage > 0 ? world.types * world.zones : 0;
    this.pools = Array.from({ length: count }, (_, key) => new CapacityPool(world, renewal, key));
    this.draw = {
      boot: drawsOf('boot'),
      failure: drawsOf('boot-failure'),
      refusal: drawsOf('capacity'),
      spot: drawsOf('spot'),
      time: drawsOf('pool'),
      notice: drawsOf('notice'),
      offering: drawsOf('offering'),
    };
    this.badImage = world.badImage === undefined ? undefined : periodOf('badImage', world.badImage);
    const { spotShortage } = world;
    if (pool === 'spot' && spotShortage !== undefined)
      this.spotShortage = periodOf('spotShortage', spotShortage);
    this.warm = pool === undefined ? world.warmPool : pool === 'on-demand' ? mostStopped(world) : 0;
  }

  /** Seconds until a refused launch is retried. */
  get retrySeconds(): number {
    return Math.min(600, this.world.retry * 1.5 ** Math.max(0, this.refusals - 1));
  }

  /** @returns undefined for a refused launch */
  launch(at: number): Launch | undefined {
    const { world, draw } = this;
    const index = this.launches++;
    // A stopped instance of the fast tier may find no capacity to start with.
    if (this.warm > 0 && (this.pool === undefined || draw.refusal(index) >= world.noCapacity)) {
      this.warm--;
      return { ...this.interruptionOf(index), boot: this.bootOf(index, at, world.warmBoot), warm: true };
    }
    const { from = Infinity, to = 0 } = this.spotShortage ?? {};
    const isShort = at >= from && at < to;
    const available =
      !isShort && (this.pools.length === 0 || this.pools.some((pool) => pool.isAvailable(at)));
    if (!available || draw.refusal(index) < world.noCapacity) {
      this.refusals++;
      this.refused = available ? this.offeringOf(index) : {};
      return undefined;
    }
    this.refusals = 0;
    return { ...this.interruptionOf(index), boot: this.bootOf(index, at, world.boot), warm: false };
  }

  private offeringOf(index: number): Refused {
    const { types, zones } = this.world;
    const offering = Math.floor(this.draw.offering(index) * types * zones);
    return {
      instanceType: namesOf('type', types)[offering % types],
      availabilityZone: namesOf('zone', zones)[Math.floor(offering / types)],
    };
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
    const share = this.pool === undefined ? world.spotShare : this.pool === 'spot' ? 1 : 0;
    const spot = world.interruptions > 0 && draw.spot(index) < share;
    return {
      interruption: spot ? exponential(draw.time(index), 3600 / world.interruptions) : Infinity,
      notice: draw.notice(index) < world.noNotice ? 0 : world.notice,
    };
  }
}
