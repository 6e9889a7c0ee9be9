/** The zones of a region that offer a stage's instance types, beside those that the stage uses. */
import type { Stage } from '../../lib/stage/stage.ts';

/** Instance types by the zone that offers them. */
export type Offers = Record<string, string[]>;

export interface ZoneCheck {
  /** Zones that offer at least one of the types, with those types. */
  offers: Offers;
  /** Zones that the stage names; empty: the first two of the region. */
  used: string[];
  /** Zones that the stage names and that offer none. */
  useless: string[];
  /** Zones that the stage could name as well. */
  unused: string[];
}

export function checkZones(
  { availabilityZones }: Pick<Stage, 'availabilityZones'>,
  offers: Offers,
): ZoneCheck {
  const offering = Object.keys(offers).sort();
  return {
    offers: Object.fromEntries(offering.map((zone) => [zone, offers[zone] ?? []])),
    used: [...availabilityZones],
    useless: availabilityZones.filter((zone) => !(zone in offers)),
    unused: offering.filter((zone) => !availabilityZones.includes(zone)),
  };
}

/** @param types of the stage, in its order */
export function zoneLines({ offers, used, useless, unused }: ZoneCheck, types: string[]): string[] {
  const listed = Object.entries(offers).map(([zone, offered]) =>
    offered.length === types.length ? zone : `${zone} (${offered.join(', ')} only)`,
  );
  const all = [...used.filter((zone) => zone in offers), ...unused].slice(0, 6);
  const setting = `availabilityZones: [${all.map((zone) => `'${zone}'`).join(', ')}]`;
  return [
    `  zones      ${listed.join(', ') || 'none'} offer ${types.join(', ')}`,
    ...(listed.length === 0
      ? ['             NOT ENOUGH: no zone of this region offers any of the types']
      : []),
    ...useless.map((zone) => `             NOT ENOUGH: ${zone}, which the stage names, offers none of them`),
    ...(used.length === 0 && listed.length > 0
      ? [`             the stage uses two of the region, whichever AWS names first; all of them: ${setting}`]
      : unused.length > 0 && used.length > 0
        ? [`             the stage could use more: ${setting}`]
        : []),
  ];
}
