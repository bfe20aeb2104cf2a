#define _GNU_SOURCE
#include "visits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "loopback.h"
#include "message.h"

#define BATCH 64
/** Minimum length of a daytime line: a date and a time of day. */
#define MIN_LINE_BYTES 16

static const char HTTP_REQUEST[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
static const char HTTP_OK[] = "HTTP/1.1 200 ";
static char read_buffer[64 * 1024];

struct visits *visits_open(uint16_t port, enum reply reply, size_t size) {
  struct visits *visits = calloc(1, sizeof *visits);
  if (!visits) give_up("memory for visits");
  visits->port = port;
  visits->reply = reply;
  visits->size = reply == REPLY_HTTP ? sizeof HTTP_REQUEST - 1 : size;
  visits->epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int slot = 0; slot < MAX_VISITS; slot += 1) visits->free_slots[visits->free_count++] = MAX_VISITS - 1 - slot;
  return visits;
}

static void fail(struct visits *visits, const char *failure) {
  visits->failed += 1;
  visits->failure = failure;
}

static void end(struct visits *visits, struct visit *visit) {
  // Closing the socket also removes it from the epoll set.
  close(visit->fd);
  visits->free_slots[visits->free_count++] = (int)(visit - visits->slots);
  visits->open -= 1;
}

static void wait_for(struct visits *visits, struct visit *visit, int operation, uint32_t what) {
  struct epoll_event event = {.events = what, .data.u32 = (uint32_t)(visit - visits->slots)};
  epoll_ctl(visits->epoll, operation, visit->fd, &event);
}

/** Sends the rest of the request; true when all of it is sent. */
static bool request(struct visits *visits, struct visit *visit) {
  char message[1024];
  const char *bytes = HTTP_REQUEST;
  if (visits->reply == REPLY_ECHO) {
    message_write(message, visits->size, visit->number);
    bytes = message;
  }
  ssize_t sent = send(visit->fd, bytes + visit->sent, visits->size - visit->sent, MSG_NOSIGNAL);
  if (sent > 0) visit->sent += (size_t)sent;
  return visit->sent == visits->size;
}

void visit_begin(struct visits *visits, uint64_t due_ns) {
  uint64_t number = visits->next_number++;
  if (visits->free_count == 0) {
    fail(visits, "too many connections in flight");
    return;
  }
  int fd = connect_tcp(visits->port, (int)(number % INT32_MAX));
  if (fd < 0) {
    fail(visits, strerror(errno));
    return;
  }
  struct visit *visit = &visits->slots[visits->free_slots[--visits->free_count]];
  visits->open += 1;
  visit->fd = fd;
  visit->due_ns = due_ns;
  visit->number = number;
  visit->sent = 0;
  visit->received = 0;
  // Over loopback the connection is usually established by now, which saves one wait.
  bool is_sent = visits->size == 0 || request(visits, visit);
  wait_for(visits, visit, EPOLL_CTL_ADD, is_sent ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static bool is_line(const struct visit *visit) {
  size_t length = visit->received;
  if (length < MIN_LINE_BYTES || length > sizeof visit->head) return false;
  if (memcmp(visit->head + length - 2, "\r\n", 2) != 0) return false;
  for (size_t index = 0; index < length - 2; index += 1)
    if (visit->head[index] < ' ' || visit->head[index] > '~') return false;
  return true;
}

static void finish(struct visits *visits, struct visit *visit) {
  bool is_right = visits->reply == REPLY_ECHO   ? visit->received == visits->size
                  : visits->reply == REPLY_LINE ? is_line(visit)
                                                : visit->received >= sizeof HTTP_OK - 1 &&
                                                      memcmp(visit->head, HTTP_OK, sizeof HTTP_OK - 1) == 0;
  if (is_right) histogram_add(&visits->latency, now_ns() - visit->due_ns);
  else fail(visits, "closed without the right answer");
  end(visits, visit);
}

/** Reads the received bytes; may end the visit. */
static void receive(struct visits *visits, struct visit *visit) {
  for (;;) {
    ssize_t length = recv(visit->fd, read_buffer, sizeof read_buffer, 0);
    if (length < 0) {
      if (errno == EAGAIN) return;
      fail(visits, strerror(errno));
      end(visits, visit);
      return;
    }
    if (length == 0) {
      finish(visits, visit);
      return;
    }
    if (visits->reply == REPLY_ECHO) {
      size_t taken = visit->received + (size_t)length;
      if (taken > visits->size || !message_matches(read_buffer, visit->received, (size_t)length, visit->number)) {
        fail(visits, "other bytes came back");
        end(visits, visit);
        return;
      }
      visit->received = taken;
      if (taken == visits->size) {
        finish(visits, visit);
        return;
      }
      continue;
    }
    if (visit->received < sizeof visit->head) {
      size_t room = sizeof visit->head - visit->received;
      memcpy(visit->head + visit->received, read_buffer, (size_t)length < room ? (size_t)length : room);
    }
    visit->received += (size_t)length;
  }
}

void visits_poll(struct visits *visits, int timeout_ms) {
  struct epoll_event events[BATCH];
  int count = epoll_wait(visits->epoll, events, BATCH, timeout_ms);
  for (int index = 0; index < count; index += 1) {
    struct visit *visit = &visits->slots[events[index].data.u32];
    if (visit->sent < visits->size && events[index].events & EPOLLOUT && request(visits, visit))
      wait_for(visits, visit, EPOLL_CTL_MOD, EPOLLIN);
    if (events[index].events & ~(uint32_t)EPOLLOUT) receive(visits, visit);
  }
}

void visits_finish(struct visits *visits, uint64_t deadline_ns) {
  while (visits->open > 0 && now_ns() < deadline_ns) visits_poll(visits, 10);
  visits->failed += (uint64_t)visits->open;
  if (visits->open > 0) visits->failure = "no answer in time";
}

void visits_reset(struct visits *visits) {
  memset(&visits->latency, 0, sizeof visits->latency);
  visits->failed = 0;
}
