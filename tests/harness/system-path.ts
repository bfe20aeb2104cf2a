import { delimiter } from 'node:path';

/** Folders of administration programs such as ip, nft and chroot, which Debian omits from an ordinary user's PATH. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** PATH with every folder of programs that the system has. */
export const systemPath = [process.env.PATH ?? '', ...SBIN].filter((part) => part !== '').join(delimiter);
