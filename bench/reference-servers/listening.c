#define _GNU_SOURCE
#include "listening.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define BACKLOG 4096
#define UDP_BUFFER_BYTES (4 * 1024 * 1024)

static int fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_socket(int type) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, type, 0);
  if (fd < 0) fail("socket");
  if (bind(fd, (struct sockaddr *)&address, length) != 0) fail("bind");
  if ((type & SOCK_STREAM) == SOCK_STREAM && listen(fd, BACKLOG) != 0) fail("listen");
  getsockname(fd, (struct sockaddr *)&address, &length);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

int listen_tcp(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return open_socket(SOCK_STREAM | SOCK_NONBLOCK);
}

int listen_udp(void) {
  int bytes = UDP_BUFFER_BYTES;
  int fd = open_socket(SOCK_DGRAM);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  return fd;
}
