#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

/** The options of the command line, each `name=number`. */
struct options {
  uint16_t port;
  /** The server whose processor time and memory are read; 0 = none. */
  int pid;
  int connections;
  int size;
  int warmup_ms;
  int measure_ms;
  /** A one-shot run ends early after this many connections. */
  /** Time between two new connections beside the busy ones, microseconds; 0 = none. */
  int visit_every_us;
  /** Port of `/metrics`, scraped beside the busy connections; 0 = no scrapes. */
  uint16_t scrape_port;
  int scrape_every_us;
  /** Datagrams in flight on each socket. */
  int in_flight;
};

/** Ends the program with code 2 at an unknown or invalid argument. */
struct options read_options(int count, char **arguments);

#endif
