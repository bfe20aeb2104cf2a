#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The unique number of a message: its flow, and the count of earlier messages of this flow. */
#define MESSAGE_NUMBER(flow, count) (((uint64_t)(flow) << 40) | (count))

/** A message begins with its number, eight bytes; the rest is the same filler in all messages. */
#define MIN_MESSAGE_BYTES 8
#define MAX_MESSAGE_BYTES 65507
#define MAX_IN_FLIGHT 64

/** Must be called before the other functions. */
void message_init(void);

/** Fills `to` with message `number`. */
void message_write(char *to, size_t size, uint64_t number);

/** Compares `bytes` with bytes `offset` to `offset + length` of message `number`. */
bool message_matches(const char *bytes, size_t offset, size_t length, uint64_t number);

#endif
