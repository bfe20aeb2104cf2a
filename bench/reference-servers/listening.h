#ifndef LISTENING_H
#define LISTENING_H

/** A TCP socket that listens on a free port of 127.0.0.1, which is printed as `listening PORT`. Non-blocking. */
int listen_tcp(void);

/** The same for UDP; blocking. */
int listen_udp(void);

#endif
