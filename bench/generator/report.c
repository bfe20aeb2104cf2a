#include "report.h"

#include <stdio.h>

#include "clock.h"
#include "server-usage.h"

struct measurement measurement_begin(int pid) {
  struct measurement measurement = {.pid = pid,
                                    .server_cpu_seconds = server_cpu_seconds(pid),
                                    .own_cpu_seconds = own_cpu_seconds(),
                                    .started_ns = now_ns()};
  return measurement;
}

void report_begin(const struct measurement *measurement, const struct histogram *latency) {
  double seconds = (double)(now_ns() - measurement->started_ns) / 1e9;
  printf("{\"seconds\":%.6f", seconds);
  report_number("generatorCpuSeconds", own_cpu_seconds() - measurement->own_cpu_seconds);
  report_number("serverCpuSeconds", server_cpu_seconds(measurement->pid) - measurement->server_cpu_seconds);
  report_number("requests", (double)latency->total);
  report_number("p50Us", histogram_us(latency, 0.5));
  report_number("p99Us", histogram_us(latency, 0.99));
}

void report_number(const char *name, double value) { printf(",\"%s\":%.3f", name, value); }

void report_text(const char *name, const char *value) { printf(",\"%s\":\"%s\"", name, value); }

void report_end(void) { printf("}\n"); }
