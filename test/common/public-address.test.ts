/** Where a caller may have a request sent: public addresses by https. Every way to name this network, as URL, name and address. */
import { describe, expect, it } from 'vitest';
import { isPublicAddress, parseTarget, RefusedTarget, resolveTarget } from '../../common/public-address.ts';

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '172.32.0.1',
  '192.167.1.1',
  '2606:4700::1111',
  '2a00:1450::',
];
const PRIVATE = [
  ...[
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '169.254.170.2',
  ],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1'],
  ...['198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
  ...[
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:a9fe:a9fe',
    '::7f00:1',
    '64:ff9b::a9fe:a9fe',
  ],
  ...['64:ff9b:1::1', '100::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1'],
  ...['2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '5f00::1'],
  ...['', 'example.com', '1.1.1', '0x7f.1', '1.1.1.1:80'],
];

describe('an address', () => {
  it.each(PUBLIC)('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
  it.each(PRIVATE)("'%s' is not", (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('a target', () => {
  it.each([
    'https://example.com',
    'https://a.b.example.co.uk:8443/hook?x=1',
    'https://xn--bcher-kva.example/',
  ])('%s may be registered', (url) => expect(parseTarget(url).href).toContain('https://'));

  it.each([
    ...[
      '',
      'example.com',
      'http://example.com',
      'ftp://example.com',
      'file:///etc/passwd',
      'gopher://example.com',
    ],
    ...['https://user@example.com', `https://user:${'pass'}@example.com`, 'https://example.com/#secret'],
    ...[
      'https://127.0.0.1',
      'https://1.1.1.1',
      'https://0x7f.1',
      'https://2130706433',
      'https://017700000001',
    ],
    ...['https://[::1]', 'https://[::ffff:169.254.169.254]', 'https://[2606:4700::1111]'],
    ...[
      'https://localhost',
      'https://LOCALHOST.',
      'https://a.localhost',
      'https://intranet',
      'https://nas.local',
    ],
    ...[
      'https://metadata.google.internal',
      'https://router.home.arpa',
      'https://①②⑦.⓪.⓪.①',
      'https://a.internal.',
    ],
    ...['http://127.0.0.1:9001', 'http://localhost'],
  ])("'%s' may not", (url) => expect(() => parseTarget(url)).toThrow(RefusedTarget));

  it.each(['http://127.0.0.1:8080/hook', 'http://localhost:1', 'https://127.1', 'http://[::1]:80'])(
    '%s may be where receivers on this machine are allowed',
    (url) => expect(() => parseTarget(url, true)).not.toThrow(),
  );
  it.each(['http://example.com', 'http://10.0.0.1', 'https://169.254.169.254', 'https://10.0.0.1'])(
    '%s may not be even there',
    (url) => expect(() => parseTarget(url, true)).toThrow(RefusedTarget),
  );
});

describe('a name that is resolved', () => {
  const resolving =
    (...addresses: string[]) =>
    () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  const target = (...addresses: string[]) =>
    resolveTarget('https://a.example/hook', { resolve: resolving(...addresses) });

  it('gives an address to connect to, of IPv4 where there is one', async () => {
    expect((await target('1.1.1.1')).address).toEqual({ address: '1.1.1.1', family: 4 });
    expect((await target('2606:4700::1111', '1.1.1.1')).address.address).toBe('1.1.1.1');
    expect((await target('2606:4700::1111')).address.family).toBe(6);
  });

  it.each([
    [[]],
    [['10.0.0.1']],
    [['1.1.1.1', '10.0.0.1']],
    [['1.1.1.1', '::1']],
    [['169.254.169.254']],
    [['::ffff:10.0.0.1']],
    [['not-an-address']],
  ])('%j is refused', async (addresses) =>
    expect(target(...addresses)).rejects.toBeInstanceOf(RefusedTarget),
  );

  it('of which nothing is known is refused', () =>
    expect(
      resolveTarget('https://a.example', { resolve: () => Promise.reject(new Error('ENOTFOUND')) }),
    ).rejects.toThrow('cannot be resolved'));

  it('of this machine is refused, and accepted where that is allowed', async () => {
    const resolve = resolving('127.0.0.1');
    await expect(resolveTarget('https://a.example', { resolve })).rejects.toBeInstanceOf(RefusedTarget);
    expect((await resolveTarget('http://localhost', { resolve, allowLoopback: true })).address.family).toBe(
      4,
    );
  });
});
