#define _GNU_SOURCE
#include "udp-batches.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define BATCH 64
#define DATAGRAM_BYTES 65536

static char buffers[BATCH][DATAGRAM_BYTES];

_Noreturn void serve_in_batches(int fd, make_reply make_reply) {
  struct sockaddr_in sources[BATCH];
  struct iovec in_vectors[BATCH], out_vectors[BATCH];
  struct mmsghdr in[BATCH], out[BATCH];
  for (int index = 0; index < BATCH; index += 1) {
    in_vectors[index] = (struct iovec){.iov_base = buffers[index], .iov_len = DATAGRAM_BYTES};
    in[index].msg_hdr = (struct msghdr){.msg_name = &sources[index], .msg_iov = &in_vectors[index], .msg_iovlen = 1};
    out[index].msg_hdr = (struct msghdr){.msg_name = &sources[index],
                                         .msg_namelen = sizeof sources[index],
                                         .msg_iov = &out_vectors[index],
                                         .msg_iovlen = 1};
  }
  for (;;) {
    for (int index = 0; index < BATCH; index += 1) in[index].msg_hdr.msg_namelen = sizeof sources[index];
    int count = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL);
    for (int index = 0; index < count; index += 1) {
      size_t length = in[index].msg_len;
      out_vectors[index].iov_base = (void *)make_reply(buffers[index], &length);
      out_vectors[index].iov_len = length;
    }
    for (int sent = 0; sent < count;) {
      int taken = sendmmsg(fd, out + sent, (unsigned)(count - sent), 0);
      // An error belongs to the first datagram, which is skipped.
      sent += taken > 0 ? taken : 1;
    }
  }
}
