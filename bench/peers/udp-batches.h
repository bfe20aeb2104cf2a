#ifndef UDP_BATCHES_H
#define UDP_BATCHES_H

#include <stddef.h>

/** The answer to a datagram, which may be the datagram itself. */
typedef const char *(*answer)(const char *request, size_t *length);

/** Serves for ever: one recvmmsg for what is there, one sendmmsg for the answers. */
_Noreturn void serve_in_batches(int fd, answer answer);

#endif
