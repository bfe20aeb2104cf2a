#ifndef VISITS_H
#define VISITS_H

#include <stddef.h>
#include <stdint.h>

#include "histogram.h"

#define MAX_VISITS 4096

/** What has to come back, and when the visit is over. */
enum reply {
  /** The request itself, every byte of it. */
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

/** Connections that are opened, used once and closed. Kept by whoever runs the loop; needs `visits_open`. */
struct visits {
  uint16_t port;
  enum reply reply;
  /** Of the request, bytes; 0 = the server speaks unasked. */
  size_t size;
  /** Readable when a visit can go on. */
  int epoll;
  /** From when the visit was due to the last byte that it waits for. */
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

/** Begins a visit that was due at `due_ns`. With MAX_VISITS under way it fails at once. */
void visit_begin(struct visits *visits, uint64_t due_ns);

/** Gets on with the visits that can, after waiting for one for `timeout_ms` at most. */
void visits_poll(struct visits *visits, int timeout_ms);

/** Waits for the visits under way; one that is not over by then has failed. */
void visits_finish(struct visits *visits, uint64_t deadline_ns);

/** Forgets what was measured so far. */
void visits_reset(struct visits *visits);

#endif
