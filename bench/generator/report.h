#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>

#include "histogram.h"

/** Where a measurement began, to be reported with what went by since. */
struct measurement {
  int pid;
  uint64_t started_ns;
  double server_cpu_seconds;
  double own_cpu_seconds;
};

struct measurement measurement_begin(int pid);

/** Prints what was measured from its beginning to now, and leaves the JSON object open for more members. */
void report_begin(const struct measurement *measurement, const struct histogram *latency);

/** One more member, a number. */
void report_number(const char *name, double value);

/** One more member, a text without quotes in it. */
void report_text(const char *name, const char *value);

void report_end(void);

#endif
