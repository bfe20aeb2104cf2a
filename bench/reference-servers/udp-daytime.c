/** UDP daytime as fast as one thread of C can be. */
#include "daytime-line.h"
#include "listening.h"
#include "udp-batches.h"

static const char *line(const char *request, size_t *length) {
  (void)request;
  return daytime_line(length);
}

int main(void) { serve_in_batches(listen_udp(), line); }
