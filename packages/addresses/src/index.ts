export { interfaceNames, interfaceWith, isLocalAddress } from './interfaces.ts';
export { addressBytes, canonicalAddress, type IpAddress, plainAddress, readAddress } from './ip-address.ts';
export { addressesIn, contains, type Networks } from './networks.ts';
export { listenText, reachableText, ZoneError } from './zones.ts';
