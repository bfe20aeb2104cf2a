#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>

#include "histogram.h"

/** The state at the start of a measurement; the report contains the differences since then. */
struct measurement {
  int pid;
  uint64_t started_ns;
  double server_cpu_seconds;
  double own_cpu_seconds;
};

struct measurement measurement_begin(int pid);

/** Prints the results from the start until now, and leaves the JSON object open for more members. */
void report_begin(const struct measurement *measurement, const struct histogram *latency);

/** Adds a member that is a number. */
void report_number(const char *name, double value);

/** Adds a member that is a text; it must not contain quotes. */
void report_text(const char *name, const char *value);

void report_end(void);

#endif
