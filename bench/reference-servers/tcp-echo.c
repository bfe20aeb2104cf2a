/** TCP echo as fast as one thread of C can be: epoll, one read and one write per message, no limits, no metrics. */
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

/** The unsent bytes of a connection; reading stops until they are sent. */
struct unsent {
  size_t length;
  char bytes[BUFFER_BYTES];
};

static char buffer[BUFFER_BYTES];
static struct unsent *unsent_of[1 << 20];

static void watch(int epoll, int operation, int fd, uint32_t what) {
  struct epoll_event event = {.events = what, .data.fd = fd};
  epoll_ctl(epoll, operation, fd, &event);
}

static void end(int fd) {
  free(unsent_of[fd]);
  unsent_of[fd] = NULL;
  close(fd);
}

static void accept_all(int epoll, int listener) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
  }
}

/** Sends bytes; stores those that the kernel does not take, and stops reading until they are sent. */
static void reply(int epoll, int fd, const char *bytes, size_t length) {
  ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    end(fd);
    return;
  }
  size_t rest = length - (sent > 0 ? (size_t)sent : 0);
  if (rest > 0) {
    if (!unsent_of[fd]) unsent_of[fd] = malloc(sizeof(struct unsent));
    memmove(unsent_of[fd]->bytes, bytes + length - rest, rest);
    unsent_of[fd]->length = rest;
    watch(epoll, EPOLL_CTL_MOD, fd, EPOLLOUT);
  } else if (unsent_of[fd]) {
    free(unsent_of[fd]);
    unsent_of[fd] = NULL;
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
      } else if (unsent_of[fd]) {
        reply(epoll, fd, unsent_of[fd]->bytes, unsent_of[fd]->length);
      } else {
        ssize_t length = recv(fd, buffer, sizeof buffer, 0);
        if (length > 0) reply(epoll, fd, buffer, (size_t)length);
        else if (length == 0 || errno != EAGAIN) end(fd);
      }
    }
  }
}
