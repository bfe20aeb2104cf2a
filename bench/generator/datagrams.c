#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "clock.h"
#include "loopback.h"
#include "message.h"
#include "report.h"
#include "workloads.h"

#define BATCH 64
/** After this time without a reply a socket counts all its datagrams in flight as lost. */
#define LOST_AFTER_NS (200 * NS_PER_MS)
#define MAX_SIZE 2048
/** The payload of a daytime request; RFC 867 allows any. */
static const char DAYTIME_REQUEST[] = "\n";
/** A STAMP packet (RFC 8762, 4.2.1 and 4.3.1): the sequence number at 0, the multiplier at 13, the request's copy at 24. */
#define STAMP_SIZE 44
#define STAMP_MULTIPLIER 13
#define STAMP_COPY 24
#define STAMP_COPY_SIZE 14

enum protocol { ECHO, DAYTIME, STAMP };

struct flow {
  int fd;
  /** Datagrams are numbered from 0; those from `answered` to `sent` are in flight. */
  uint64_t sent;
  uint64_t answered;
  uint64_t heard_at_ns;
  uint64_t sent_at_ns[MAX_IN_FLIGHT];
};

struct run {
  enum protocol protocol;
  size_t size;
  int in_flight;
  int count;
  int epoll;
  struct flow *flows;
  struct histogram latency;
  uint64_t lost;
  uint64_t wrong;
};

static char out[MAX_IN_FLIGHT][MAX_SIZE], in[MAX_IN_FLIGHT][MAX_SIZE];
static struct iovec out_vectors[MAX_IN_FLIGHT], in_vectors[MAX_IN_FLIGHT];
static struct mmsghdr out_headers[MAX_IN_FLIGHT], in_headers[MAX_IN_FLIGHT];

static uint64_t flow_of(const struct run *run, const struct flow *flow) { return (uint64_t)(flow - run->flows); }

/** The number of the datagram is in sequence number and timestamp, which come back together. */
static void stamp_write(char *to, uint64_t number) {
  memset(to, 0, STAMP_SIZE);
  memcpy(to, &number, sizeof number);
  to[STAMP_MULTIPLIER] = 1;
}

static void fill(struct run *run, struct flow *flow) {
  int count = run->in_flight - (int)(flow->sent - flow->answered);
  uint64_t now = now_ns();
  for (int index = 0; index < count; index += 1) {
    uint64_t number = flow->sent + (uint64_t)index;
    if (run->protocol == ECHO) message_write(out[index], run->size, MESSAGE_NUMBER(flow_of(run, flow), number));
    if (run->protocol == STAMP) stamp_write(out[index], number);
    flow->sent_at_ns[number % MAX_IN_FLIGHT] = now;
  }
  // A datagram that the kernel does not take gets no reply, so it counts as lost.
  if (sendmmsg(flow->fd, out_headers, (unsigned)count, MSG_DONTWAIT) >= 0) flow->sent += (uint64_t)count;
}

static bool is_line(const char *bytes, size_t length) {
  return length > 15 && length < 128 && memcmp(bytes + length - 2, "\r\n", 2) == 0;
}

/**
 * The number of the request that this reply belongs to. An echo contains it; a daytime line is taken for the reply to
 * the oldest request. So after a lost daytime request later replies are timed from an earlier one, and the loss counts
 * only when all requests of the flow are lost.
 */
static uint64_t number_of(const struct run *run, const struct flow *flow, const char *bytes) {
  if (run->protocol == DAYTIME) return flow->answered;
  uint64_t number;
  if (run->protocol == STAMP) {
    memcpy(&number, bytes + STAMP_COPY, sizeof number);
    return number;
  }
  memcpy(&number, bytes, sizeof number);
  // The number of another flow becomes a number that is never in flight.
  return number - MESSAGE_NUMBER(flow_of(run, flow), 0);
}

static bool is_echo_of(const struct run *run, const struct flow *flow, const char *bytes, size_t length,
                       uint64_t number) {
  return length == run->size && number < flow->sent &&
         message_matches(bytes, 0, length, MESSAGE_NUMBER(flow_of(run, flow), number));
}

static bool is_stamp_of(const struct flow *flow, const char *bytes, size_t length, uint64_t number) {
  char request[STAMP_SIZE];
  stamp_write(request, number);
  return length == STAMP_SIZE && number < flow->sent && memcmp(bytes + STAMP_COPY, request, STAMP_COPY_SIZE) == 0;
}

static bool is_reply(const struct run *run, const struct flow *flow, const char *bytes, size_t length,
                     uint64_t number) {
  switch (run->protocol) {
    case ECHO: return is_echo_of(run, flow, bytes, length, number);
    case STAMP: return is_stamp_of(flow, bytes, length, number);
    default: return is_line(bytes, length);
  }
}

static void receive(struct run *run, struct flow *flow) {
  int count = recvmmsg(flow->fd, in_headers, (unsigned)run->in_flight, MSG_DONTWAIT, NULL);
  if (count <= 0) return;
  uint64_t now = now_ns();
  flow->heard_at_ns = now;
  for (int index = 0; index < count; index += 1) {
    size_t length = in_headers[index].msg_len;
    uint64_t number = number_of(run, flow, in[index]);
    if (!is_reply(run, flow, in[index], length, number)) {
      run->wrong += 1;
    } else if (number >= flow->answered) {
      histogram_add(&run->latency, now - flow->sent_at_ns[number % MAX_IN_FLIGHT]);
      // A server that keeps the order has already answered the requests between; otherwise they count as lost.
      run->lost += number - flow->answered;
      flow->answered = number + 1;
    }
  }
  fill(run, flow);
}

static void look_for_losses(struct run *run, uint64_t now) {
  for (int index = 0; index < run->count; index += 1) {
    struct flow *flow = &run->flows[index];
    if (now - flow->heard_at_ns < LOST_AFTER_NS) continue;
    run->lost += flow->sent - flow->answered;
    flow->answered = flow->sent;
    flow->heard_at_ns = now;
    fill(run, flow);
  }
}

static void run_until(struct run *run, uint64_t end_ns) {
  uint64_t look_at_ns = now_ns() + LOST_AFTER_NS;
  struct epoll_event events[BATCH];
  for (uint64_t now; (now = now_ns()) < end_ns;) {
    int count = epoll_wait(run->epoll, events, BATCH, 50);
    for (int index = 0; index < count; index += 1) receive(run, &run->flows[events[index].data.u32]);
    if (now < look_at_ns) continue;
    look_for_losses(run, now);
    look_at_ns = now + LOST_AFTER_NS;
  }
}

static void exchange(const struct options *options, enum protocol protocol) {
  struct run *run = calloc(1, sizeof *run);
  if (!run) give_up("memory for a run");
  run->protocol = protocol;
  run->size = protocol == ECHO ? (size_t)options->size : protocol == STAMP ? STAMP_SIZE : sizeof DAYTIME_REQUEST - 1;
  if (run->size > MAX_SIZE) {
    fprintf(stderr, "generator: size=%d is more than %d, the longest datagram here\n", options->size, MAX_SIZE);
    exit(2);
  }
  run->in_flight = options->in_flight;
  run->count = options->connections;
  run->flows = calloc((size_t)run->count, sizeof *run->flows);
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int index = 0; index < MAX_IN_FLIGHT; index += 1) {
    memcpy(out[index], DAYTIME_REQUEST, sizeof DAYTIME_REQUEST - 1);
    out_vectors[index] = (struct iovec){.iov_base = out[index], .iov_len = run->size};
    in_vectors[index] = (struct iovec){.iov_base = in[index], .iov_len = MAX_SIZE};
    out_headers[index].msg_hdr = (struct msghdr){.msg_iov = &out_vectors[index], .msg_iovlen = 1};
    in_headers[index].msg_hdr = (struct msghdr){.msg_iov = &in_vectors[index], .msg_iovlen = 1};
  }
  for (int index = 0; index < run->count; index += 1) {
    struct flow *flow = &run->flows[index];
    flow->fd = connect_udp(options->port, index);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, flow->fd, &event) != 0) give_up("epoll_ctl");
    flow->heard_at_ns = now_ns();
    fill(run, flow);
  }
  run_until(run, now_ns() + (uint64_t)options->warmup_ms * NS_PER_MS);
  memset(&run->latency, 0, sizeof run->latency);
  run->lost = run->wrong = 0;
  struct measurement measurement = measurement_begin(options->pid);
  run_until(run, measurement.started_ns + (uint64_t)options->measure_ms * NS_PER_MS);
  report_begin(&measurement, &run->latency);
  report_number("lost", (double)run->lost);
  report_number("failed", (double)run->wrong);
  if (run->wrong > 0) report_text("failure", "other bytes came back");
  report_end();
}

void udp_echo(const struct options *options) { exchange(options, ECHO); }

void udp_daytime(const struct options *options) { exchange(options, DAYTIME); }

void stamp(const struct options *options) { exchange(options, STAMP); }
