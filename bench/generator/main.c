/**
 * The load generator of the bench: one thread of C with epoll, fast enough not to be the limit. It compares every byte
 * of every reply. It prints one JSON object, or ends with code 1 and a reason where the server breaks the protocol.
 *
 * usage: generator WORKLOAD name=number…
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "loopback.h"
#include "message.h"
#include "workloads.h"

static const struct {
  const char *name;
  void (*run)(const struct options *options);
} workloads[] = {
    {"ping-pong", ping_pong},
    {"one-shot", one_shot},
    {"udp-echo", udp_echo},
    {"udp-daytime", udp_daytime},
    {"stamp", stamp},
};

int main(int count, char **arguments) {
  message_init();
  allow_open_files();
  signal(SIGPIPE, SIG_IGN);
  for (size_t index = 0; count > 1 && index < sizeof workloads / sizeof *workloads; index += 1) {
    if (strcmp(arguments[1], workloads[index].name) != 0) continue;
    struct options options = read_options(count - 2, arguments + 2);
    workloads[index].run(&options);
    return 0;
  }
  fprintf(stderr, "usage: generator ping-pong|one-shot|udp-echo|udp-daytime|stamp name=number…\n");
  return 2;
}
