import { delimiter } from 'node:path';

/** What is for administrators, such as ip, nft and chroot; Debian leaves it out of an ordinary user's PATH. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** PATH with every folder of programs that the system has. */
export const systemPath = [process.env.PATH ?? '', ...SBIN].filter((part) => part !== '').join(delimiter);
