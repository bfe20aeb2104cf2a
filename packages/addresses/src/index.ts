export { addressBytes, canonicalAddress, type IpAddress, plainAddress, readAddress } from './ip-address.ts';
export { addressesIn, contains, type Networks } from './networks.ts';
