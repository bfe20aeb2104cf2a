/** TCP daytime as fast as one thread of C can be: accept until the queue is empty, send, close. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daytime-line.h"
#include "listening.h"

int main(void) {
  int listener = listen_tcp();
  struct pollfd ready = {.fd = listener, .events = POLLIN};
  for (;;) {
    poll(&ready, 1, -1);
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      size_t length;
      const char *line = daytime_line(&length);
      send(fd, line, length, MSG_NOSIGNAL);
      close(fd);
    }
    if (errno != EAGAIN && errno != ECONNABORTED) perror("accept4");
  }
}
