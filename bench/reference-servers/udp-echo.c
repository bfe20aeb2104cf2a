/** UDP echo as fast as one thread of C can be. */
#include "listening.h"
#include "udp-batches.h"

static const char *echo(const char *request, size_t *length) {
  (void)length;
  return request;
}

int main(void) { serve_in_batches(listen_udp(), echo); }
