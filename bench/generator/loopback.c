#define _GNU_SOURCE
#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/** Number of client addresses on the loopback network, so that a server's limits per source do their work. */
#define SOURCES 16
#define FIRST_SOURCE 0x7f000101 /* 127.0.1.1 */
#define SEND_BUFFER_BYTES (256 * 1024)

_Noreturn void give_up(const char *what) {
  fprintf(stderr, "generator: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct sockaddr_in address(uint32_t host, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
  return address;
}

static int open_socket(int type, uint16_t port, int source) {
  int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int on = 1;
  // The kernel chooses the source port at connect(2) (ip(7)), which allows far more connections than ports.
  if (type == SOCK_STREAM) setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  struct sockaddr_in from = address(FIRST_SOURCE + (uint32_t)(source % SOURCES), 0);
  struct sockaddr_in to = address(INADDR_LOOPBACK, port);
  if (bind(fd, (struct sockaddr *)&from, sizeof from) == 0 &&
      (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS))
    return fd;
  int reason = errno;
  close(fd);
  errno = reason;
  return -1;
}

int connect_tcp(uint16_t port, int source) {
  int fd = open_socket(SOCK_STREAM, port, source);
  int on = 1, bytes = SEND_BUFFER_BYTES;
  if (fd < 0) return -1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  return fd;
}

int connect_udp(uint16_t port, int source) {
  int fd = open_socket(SOCK_DGRAM, port, source);
  if (fd < 0) give_up("opening a UDP socket");
  return fd;
}

void allow_open_files(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}
