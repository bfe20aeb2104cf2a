#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

#define EXIT_USAGE 2

static long number(const char *argument, const char *text, long min, long max) {
  char *end;
  long value = strtol(text, &end, 10);
  if (end != text && *end == '\0' && value >= min && value <= max) return value;
  fprintf(stderr, "generator: %s must be a whole number from %ld to %ld\n", argument, min, max);
  exit(EXIT_USAGE);
}

struct options read_options(int count, char **arguments) {
  struct options options = {
      .connections = 1, .size = 64, .warmup_ms = 0, .measure_ms = 1000, .scrape_every_us = 100000, .in_flight = 1};
  for (int index = 0; index < count; index += 1) {
    const char *argument = arguments[index];
    const char *value = strchr(argument, '=');
    size_t length = value ? (size_t)(value - argument) : strlen(argument);
#define IS(name) (value && length == sizeof(name) - 1 && strncmp(argument, name, length) == 0)
    if (IS("port")) options.port = (uint16_t)number(argument, value + 1, 1, 65535);
    else if (IS("pid")) options.pid = (int)number(argument, value + 1, 1, 1 << 30);
    else if (IS("connections")) options.connections = (int)number(argument, value + 1, 1, 60000);
    else if (IS("size")) options.size = (int)number(argument, value + 1, MIN_MESSAGE_BYTES, MAX_MESSAGE_BYTES);
    else if (IS("warmup_ms")) options.warmup_ms = (int)number(argument, value + 1, 0, 60000);
    else if (IS("measure_ms")) options.measure_ms = (int)number(argument, value + 1, 1, 600000);
    else if (IS("visit_every_us")) options.visit_every_us = (int)number(argument, value + 1, 0, 10000000);
    else if (IS("scrape_port")) options.scrape_port = (uint16_t)number(argument, value + 1, 1, 65535);
    else if (IS("scrape_every_us")) options.scrape_every_us = (int)number(argument, value + 1, 1, 10000000);
    else if (IS("in_flight")) options.in_flight = (int)number(argument, value + 1, 1, MAX_IN_FLIGHT);
    else {
      fprintf(stderr, "generator: %s is no option of this program\n", argument);
      exit(EXIT_USAGE);
    }
  }
  if (options.port == 0) {
    fprintf(stderr, "generator: port=… says where the server is; it is missing\n");
    exit(EXIT_USAGE);
  }
  return options;
}
