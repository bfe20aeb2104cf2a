#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <stdint.h>

/** Ends the program with code 1 and the reason of the last system call that failed. */
_Noreturn void give_up(const char *what);

/** A non-blocking TCP socket that connects to the server; -1 and errno where it failed at once. */
int connect_tcp(uint16_t port, int source);

/** A non-blocking UDP socket connected to the server. */
int connect_udp(uint16_t port, int source);

/** Raises the limit of open files to the maximum for this user. */
void allow_open_files(void);

#endif
