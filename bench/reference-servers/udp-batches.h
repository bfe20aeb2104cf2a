#ifndef UDP_BATCHES_H
#define UDP_BATCHES_H

#include <stddef.h>

/** Makes the reply to a datagram; it may return the datagram itself. */
typedef const char *(*make_reply)(const char *request, size_t *length);

/** Serves forever: one recvmmsg for all waiting datagrams, one sendmmsg for the replies. */
_Noreturn void serve_in_batches(int fd, make_reply make_reply);

#endif
