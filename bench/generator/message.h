#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The number of a message: whose it is, and how many of that one's were before. No two messages share one. */
#define MESSAGE_NUMBER(flow, count) (((uint64_t)(flow) << 40) | (count))

/** A message begins with its number, eight bytes; a filler that is the same for all follows. */
#define MIN_MESSAGE_BYTES 8
#define MAX_MESSAGE_BYTES 65507
#define MAX_IN_FLIGHT 64

/** To be called before anything else here. */
void message_init(void);

/** Fills `to` with message `number`. */
void message_write(char *to, size_t size, uint64_t number);

/** Whether these are bytes `offset` to `offset + length` of message `number`: every byte is compared. */
bool message_matches(const char *bytes, size_t offset, size_t length, uint64_t number);

#endif
