/** Callers by IP address, and quota windows. */
import { describe, expect, it } from 'vitest';
import { quotaKeyOf, hourlyWindow, dailyWindow } from '../../../lambda/gateway/quotas.ts';

const ADDRESSES: [address: string, caller: string][] = [
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['2001:db8:1::2:3:4:5', '2001:db8:1:0::/64'],
  ['2001:DB8:A:B::C', '2001:db8:a:b::/64'],
  ['2001:0db8:0001:0002:0003:0004:0005:0006', '2001:db8:1:2::/64'],
  ['2001:0db8:0000:0002::0006', '2001:db8:0:2::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
  ['::', '0:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['fe80::a:b%25eth0.1', 'fe80:0:0:0::/64'],
  // IPv4-mapped: each IPv4 address is a caller.
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7%eth0', '203.0.113.7'],
  ['0:0::ffff:203.0.113.7', '203.0.113.7'],
  ['::ffff:cb00:7107', '203.0.113.7'],
  ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
  ['0000:0000:0000:0000:0000:ffff:cb00:7107', '203.0.113.7'],
  ['::ffff:0.0.0.0', '0.0.0.0'],
  ['::ffff:255.255.255.255', '255.255.255.255'],
  // NAT64 addresses end in an IPv4 address too, but share the network's translator.
  ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
  ['::1:2:3:4:5:203.0.113.7', '0:1:2:3::/64'],
];

describe('quotaKeyOf', () => {
  it.each(ADDRESSES)('of %s is %s', (address, caller) => expect(quotaKeyOf(address)).toBe(caller));

  it('addresses of one /64 are one caller, of two are two', () => {
    const near = ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:DB8:1:2:0:0:0:9'];
    expect(new Set(near.map(quotaKeyOf)).size).toBe(1);
    expect(quotaKeyOf('2001:db8:1:3::1')).not.toBe(quotaKeyOf(near[0]!));
  });

  it('an IPv4 address is one caller however it is written', () => {
    expect(quotaKeyOf('::ffff:198.51.100.1')).toBe(quotaKeyOf('198.51.100.1'));
    expect(quotaKeyOf('::ffff:198.51.100.1')).not.toBe(quotaKeyOf('::ffff:198.51.100.2'));
  });
});

const at = (text: string) => Date.parse(text) / 1000;

describe('windows', () => {
  it.each([
    ['2026-06-01T12:00:00.000Z', '2026-06-01T13:00:00Z'],
    ['2026-06-01T12:59:59.999Z', '2026-06-01T13:00:00Z'],
    ['2026-06-01T13:00:00.000Z', '2026-06-01T14:00:00Z'],
    ['2026-06-01T23:30:00.000Z', '2026-06-02T00:00:00Z'],
    ['2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00Z'],
  ])('of a caller at %s ends at the next full hour, %s', (now, end) => {
    expect(hourlyWindow('203.0.113.7', at(now), 7)).toMatchObject({ limit: 7, endsAt: at(end) });
  });

  it.each([
    ['2026-06-01T00:00:00.000Z', '2026-06-02T00:00:00Z'],
    ['2026-06-01T23:59:59.999Z', '2026-06-02T00:00:00Z'],
    ['2026-06-02T00:00:00.000Z', '2026-06-03T00:00:00Z'],
    ['2028-02-28T12:00:00.000Z', '2028-02-29T00:00:00Z'],
  ])('of a day at %s ends at midnight UTC, %s', (now, end) => {
    expect(dailyWindow(at(now), 9)).toMatchObject({ limit: 9, endsAt: at(end) });
  });

  it('change at the full hour and at midnight', () => {
    const caller = (now: string) => hourlyWindow('203.0.113.7', at(now), 7).key;
    const day = (now: string) => dailyWindow(at(now), 9).key;
    expect(caller('2026-06-01T12:00:00Z')).toBe(caller('2026-06-01T12:59:59.999Z'));
    expect(caller('2026-06-01T12:59:59.999Z')).not.toBe(caller('2026-06-01T13:00:00Z'));
    expect(day('2026-06-01T00:00:00Z')).toBe(day('2026-06-01T23:59:59.999Z'));
    expect(day('2026-06-01T23:59:59.999Z')).not.toBe(day('2026-06-02T00:00:00Z'));
  });

  it('have different keys for each caller and for the day', () => {
    const midnight = at('2026-06-01T00:00:00Z');
    const callers = ['203.0.113.7', '203.0.113.8', 'jwt:a', 'iam:a', 'all', ''];
    const keys = callers.map((caller) => hourlyWindow(caller, midnight, 7).key);
    expect(new Set([...keys, dailyWindow(midnight, 9).key]).size).toBe(callers.length + 1);
  });

  it.each(['203.0.113.7', '2001:db8:1:2::/64', 'jwt:jane@example.com', 'iam:AIDACKCEVSQ6C2EXAMPLE'])(
    'do not reveal %s',
    (caller) => {
      const { key } = hourlyWindow(caller, at('2026-06-01T12:00:00Z'), 7);
      expect(key).toMatch(/^count#[0-9a-f]{32}#\d+$/);
      for (const part of caller.split(/[.:/@]/).filter(({ length }) => length > 3))
        expect(key).not.toContain(part);
    },
  );
});
