/** TCP echo as fast as one thread of C gets: epoll, one read and one write for each message, no limit, no metric. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listening.h"

#define BATCH 256
#define BUFFER_BYTES (64 * 1024)

/** Bytes of a connection whose peer is behind; reading stops until they are sent. */
struct owed {
  size_t length;
  char bytes[BUFFER_BYTES];
};

static char buffer[BUFFER_BYTES];
static struct owed *owed_of[1 << 20];

static void watch(int epoll, int operation, int fd, uint32_t what) {
  struct epoll_event event = {.events = what, .data.fd = fd};
  epoll_ctl(epoll, operation, fd, &event);
}

static void end(int fd) {
  free(owed_of[fd]);
  owed_of[fd] = NULL;
  close(fd);
}

static void accept_all(int epoll, int listener) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
  }
}

/** Sends; what the kernel does not take is kept, and nothing is read meanwhile. */
static void reply(int epoll, int fd, const char *bytes, size_t length) {
  ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    end(fd);
    return;
  }
  size_t rest = length - (sent > 0 ? (size_t)sent : 0);
  if (rest > 0) {
    if (!owed_of[fd]) owed_of[fd] = malloc(sizeof(struct owed));
    memmove(owed_of[fd]->bytes, bytes + length - rest, rest);
    owed_of[fd]->length = rest;
    watch(epoll, EPOLL_CTL_MOD, fd, EPOLLOUT);
  } else if (owed_of[fd]) {
    free(owed_of[fd]);
    owed_of[fd] = NULL;
    watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN);
  }
}

int main(void) {
  int listener = listen_tcp();
  int epoll = epoll_create1(0);
  struct epoll_event events[BATCH];
  watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN);
  for (;;) {
    int count = epoll_wait(epoll, events, BATCH, -1);
    for (int index = 0; index < count; index += 1) {
      int fd = events[index].data.fd;
      if (fd == listener) {
        accept_all(epoll, listener);
      } else if (owed_of[fd]) {
        reply(epoll, fd, owed_of[fd]->bytes, owed_of[fd]->length);
      } else {
        ssize_t length = recv(fd, buffer, sizeof buffer, 0);
        if (length > 0) reply(epoll, fd, buffer, (size_t)length);
        else if (length == 0 || errno != EAGAIN) end(fd);
      }
    }
  }
}
