#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "loopback.h"
#include "message.h"
#include "report.h"
#include "server-usage.h"
#include "visits.h"
#include "workloads.h"

/** Maximum events per wait; few, so that a visit starts on time beside the busy connections. */
#define BATCH 32
/** Maximum connections that wait for their first echo; below the backlog of every server. */
#define OPENED_AT_ONCE 128
#define OPEN_TIMEOUT_NS (30 * NS_PER_S)
#define LAST_REPLIES_NS (2 * NS_PER_S)
/** Time for the work that the server puts off until it is idle. */
#define SETTLE_US 300000
/** User data of the epoll event for visits, in place of the index of a connection. */
#define VISITS_EVENT UINT32_MAX

struct connection {
  int fd;
  uint64_t sent_at_ns;
  uint64_t messages;
  size_t sent;
  size_t received;
};

/** Visits beside the busy connections: each starts when it is due, also when earlier ones are not over (open loop). */
struct timed_visits {
  struct visits *visits;
  uint64_t every_ns;
  uint64_t due_ns;
};

struct run {
  size_t size;
  int epoll;
  int count;
  struct connection *connections;
  struct histogram latency;
  int echoed_once;
  /** Whether an echo is followed by the next message. */
  bool is_busy;
  struct timed_visits timed;
};

static char message[MAX_MESSAGE_BYTES];
static char read_buffer[256 * 1024];

static uint64_t number_of(const struct run *run, const struct connection *connection) {
  return MESSAGE_NUMBER(connection - run->connections, connection->messages);
}

static void watch(struct run *run, struct connection *connection, int operation, uint32_t what) {
  struct epoll_event event = {.events = what, .data.u32 = (uint32_t)(connection - run->connections)};
  if (epoll_ctl(run->epoll, operation, connection->fd, &event) != 0) give_up("epoll_ctl");
}

/** Sends the rest of the message; bytes that do not fit into the send buffer wait for EPOLLOUT. */
static void send_rest(struct run *run, struct connection *connection, bool is_watched) {
  message_write(message, run->size, number_of(run, connection));
  ssize_t sent = send(connection->fd, message + connection->sent, run->size - connection->sent, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) give_up("sending to a busy connection");
  if (sent > 0) connection->sent += (size_t)sent;
  bool is_sent = connection->sent == run->size;
  if (!is_sent && !is_watched) watch(run, connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  if (is_sent && is_watched) watch(run, connection, EPOLL_CTL_MOD, EPOLLIN);
}

static void send_next(struct run *run, struct connection *connection) {
  connection->messages += 1;
  connection->sent = 0;
  connection->received = 0;
  connection->sent_at_ns = now_ns();
  send_rest(run, connection, false);
}

static void receive(struct run *run, struct connection *connection) {
  ssize_t length = recv(connection->fd, read_buffer, sizeof read_buffer, 0);
  if (length < 0 && errno == EAGAIN) return;
  if (length < 0) give_up("receiving from a busy connection");
  if (length == 0) {
    fprintf(stderr, "generator: the server closed a busy connection\n");
    exit(1);
  }
  size_t received = connection->received + (size_t)length;
  if (received > connection->sent ||
      !message_matches(read_buffer, connection->received, (size_t)length, number_of(run, connection))) {
    fprintf(stderr, "generator: other bytes came back than were sent\n");
    exit(1);
  }
  connection->received = received;
  if (received < run->size) return;
  histogram_add(&run->latency, now_ns() - connection->sent_at_ns);
  if (connection->messages == 1) run->echoed_once += 1;
  if (run->is_busy) send_next(run, connection);
  else connection->sent_at_ns = 0;
}

static void turn(struct run *run, int timeout_ms) {
  struct epoll_event events[BATCH];
  int count = epoll_wait(run->epoll, events, BATCH, timeout_ms);
  for (int index = 0; index < count; index += 1) {
    if (events[index].data.u32 == VISITS_EVENT) continue;
    struct connection *connection = &run->connections[events[index].data.u32];
    if (events[index].events & EPOLLOUT) send_rest(run, connection, true);
    if (events[index].events & ~(uint32_t)EPOLLOUT) receive(run, connection);
  }
  struct timed_visits *timed = &run->timed;
  if (!timed->visits) return;
  for (uint64_t now = now_ns(); timed->due_ns <= now; timed->due_ns += timed->every_ns)
    visit_begin(timed->visits, timed->due_ns);
  visits_poll(timed->visits, 0);
}

static void open_connections(struct run *run, uint16_t port) {
  uint64_t deadline_ns = now_ns() + OPEN_TIMEOUT_NS;
  for (int index = 0; index < run->count; index += 1) {
    struct connection *connection = &run->connections[index];
    connection->fd = connect_tcp(port, index);
    if (connection->fd < 0) give_up("connecting");
    // The handshake is usually over by now; otherwise send() fails with EAGAIN and the message waits for EPOLLOUT.
    watch(run, connection, EPOLL_CTL_ADD, EPOLLIN);
    send_next(run, connection);
    bool is_group_full = (index + 1) % OPENED_AT_ONCE == 0 || index + 1 == run->count;
    while (is_group_full && run->echoed_once <= index) {
      turn(run, 100);
      if (now_ns() > deadline_ns) {
        fprintf(stderr, "generator: only %d of %d connections were echoed to\n", run->echoed_once, run->count);
        exit(1);
      }
    }
  }
}

static struct timed_visits open_timed_visits(struct run *run, const struct options *options) {
  struct timed_visits timed = {.visits = NULL};
  if (options->visit_every_us > 0) {
    timed.visits = visits_open(options->port, REPLY_ECHO, MIN_MESSAGE_BYTES * 8);
    timed.every_ns = (uint64_t)options->visit_every_us * NS_PER_US;
  } else if (options->scrape_port > 0) {
    timed.visits = visits_open(options->scrape_port, REPLY_HTTP, 0);
    timed.every_ns = (uint64_t)options->scrape_every_us * NS_PER_US;
  } else {
    return timed;
  }
  timed.due_ns = now_ns();
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = VISITS_EVENT};
  if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, timed.visits->epoll, &event) != 0) give_up("epoll_ctl");
  return timed;
}

static void run_until(struct run *run, uint64_t end_ns) {
  // At most one millisecond, so that a visit is on time even when the server does not reply.
  while (now_ns() < end_ns) turn(run, 1);
}

static int without_reply(const struct run *run) {
  int count = 0;
  for (int index = 0; index < run->count; index += 1) count += run->connections[index].sent_at_ns != 0;
  return count;
}

/** Waits for the last exchanges, then measures the server's memory for the idle connections. */
static uint64_t idle_memory_bytes(struct run *run, int pid) {
  run->is_busy = false;
  for (uint64_t end_ns = now_ns() + LAST_REPLIES_NS; without_reply(run) > 0 && now_ns() < end_ns;) turn(run, 10);
  if (without_reply(run) > 0) {
    fprintf(stderr, "generator: %d connections got no reply\n", without_reply(run));
    exit(1);
  }
  usleep(SETTLE_US);
  return server_memory_bytes(pid);
}

void ping_pong(const struct options *options) {
  struct run *run = calloc(1, sizeof *run);
  if (!run) give_up("memory for a run");
  run->size = (size_t)options->size;
  run->count = options->connections;
  run->connections = calloc((size_t)run->count, sizeof *run->connections);
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  uint64_t memory_before = server_memory_bytes(options->pid);
  open_connections(run, options->port);
  run->is_busy = true;
  for (int index = 0; index < run->count; index += 1) send_next(run, &run->connections[index]);
  run_until(run, now_ns() + (uint64_t)options->warmup_ms * NS_PER_MS);
  run->timed = open_timed_visits(run, options);
  memset(&run->latency, 0, sizeof run->latency);

  struct measurement measurement = measurement_begin(options->pid);
  run_until(run, measurement.started_ns + (uint64_t)options->measure_ms * NS_PER_MS);
  report_begin(&measurement, &run->latency);
  struct visits *visits = run->timed.visits;
  run->timed.visits = NULL;
  if (visits) {
    // The busy connections stay busy until the last visits are over, so that these are measured alike.
    uint64_t deadline_ns = now_ns() + LAST_REPLIES_NS;
    for (; visits->open > 0 && now_ns() < deadline_ns; visits_poll(visits, 0)) turn(run, 1);
    visits_finish(visits, deadline_ns);
    report_number("visits", (double)visits->latency.total);
    report_number("visitP50Us", histogram_us(&visits->latency, 0.5));
    report_number("visitP999Us", histogram_us(&visits->latency, 0.999));
  }
  report_number("failed", visits ? (double)visits->failed : 0);
  if (visits && visits->failed > 0) report_text("failure", visits->failure);
  uint64_t memory_after = idle_memory_bytes(run, options->pid);
  report_number("memoryBytes", (double)memory_after - (double)memory_before);
  report_end();
}
