#include "message.h"

#include <string.h>

static char filler[MAX_MESSAGE_BYTES + 1];

void message_init(void) {
  // The period of the filler divides no message size, so that a missing or repeated piece is found.
  for (size_t index = 0; index < sizeof filler; index += 1) filler[index] = (char)('!' + index % 89);
}

void message_write(char *to, size_t size, uint64_t number) {
  memcpy(to, filler, size);
  memcpy(to, &number, sizeof number);
}

bool message_matches(const char *bytes, size_t offset, size_t length, uint64_t number) {
  if (offset < sizeof number) {
    size_t head = sizeof number - offset < length ? sizeof number - offset : length;
    if (memcmp(bytes, (const char *)&number + offset, head) != 0) return false;
    bytes += head;
    offset += head;
    length -= head;
  }
  return memcmp(bytes, filler + offset, length) == 0;
}
