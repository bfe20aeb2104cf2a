#ifndef VISITS_H
#define VISITS_H

#include <stddef.h>
#include <stdint.h>

#include "histogram.h"

#define MAX_VISITS 4096

/** The expected reply, which also ends the visit. */
enum reply {
  /** The same bytes as the request. */
  REPLY_ECHO,
  /** One printable line with CRLF, then FIN (RFC 867). */
  REPLY_LINE,
  /** An HTTP response with status 200, then FIN. */
  REPLY_HTTP,
};

struct visit {
  int fd;
  uint64_t due_ns;
  uint64_t number;
  size_t sent;
  size_t received;
  char head[128];
};

/** Connections that are opened, used once and closed. The caller owns it, and calls `visits_open` first. */
struct visits {
  uint16_t port;
  enum reply reply;
  /** Size of the request, bytes; 0 = the server sends without a request. */
  size_t size;
  /** Readable when a visit can continue. */
  int epoll;
  /** From the due time of the visit to the last byte of the reply. */
  struct histogram latency;
  uint64_t failed;
  const char *failure;
  int open;
  int free_count;
  int free_slots[MAX_VISITS];
  struct visit slots[MAX_VISITS];
  uint64_t next_number;
};

struct visits *visits_open(uint16_t port, enum reply reply, size_t size);

/** Starts a visit that was due at `due_ns`. It fails at once when MAX_VISITS are open. */
void visit_begin(struct visits *visits, uint64_t due_ns);

/** Continues the visits that are ready, after waiting for at most `timeout_ms`. */
void visits_poll(struct visits *visits, int timeout_ms);

/** Waits for the open visits. A visit that is not over at the deadline has failed. */
void visits_finish(struct visits *visits, uint64_t deadline_ns);

/** Clears the results so far. */
void visits_reset(struct visits *visits);

#endif
