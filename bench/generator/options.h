#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

/** What the command line says, `name=number` each. */
struct options {
  uint16_t port;
  /** The server whose processor time and memory are read; 0 = none. */
  int pid;
  int connections;
  int size;
  int warmup_ms;
  int measure_ms;
  /** A one-shot run ends after so many connections, though its time is not over. */
  /** A new connection beside the busy ones that often, microseconds; 0 = none. */
  int visit_every_us;
  /** Where `/metrics` is scraped beside the busy connections; 0 = nowhere. */
  uint16_t scrape_port;
  int scrape_every_us;
  /** Datagrams under way on each socket. */
  int in_flight;
};

/** Ends the program with code 2 where an argument is none that it knows. */
struct options read_options(int count, char **arguments);

#endif
