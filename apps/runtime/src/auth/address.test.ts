import { expect, it } from 'vitest';
import { addressBlock, canonicalAddress } from './address.ts';

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:0a00:0001', '10.0.0.1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['FE80::1%eth0', 'fe80::1'],
  ['2001:DB8:0:0::5', '2001:db8::5'],
  ['10.0.0.256', null],
  ['10.0.0.1:80', null],
  ['[::1]', null],
  ['', null],
])('%s is compared as %s', (text, address) => {
  expect(canonicalAddress(text)).toBe(address);
});

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::5', '2001:db8:0:0::/64'],
  ['2001:db8::1:2:3:4', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('attempts from %s are counted for %s', (address, block) => {
  expect(addressBlock(address)).toBe(block);
});
