#include <stdlib.h>

#include "clock.h"
#include "report.h"
#include "visits.h"
#include "workloads.h"

#define POLL_MS 100
#define LAST_ANSWERS_MS 2000

static void visit_until(struct visits *visits, int connections, uint64_t end_ns) {
  while (now_ns() < end_ns) {
    while (visits->open < connections) visit_begin(visits, now_ns());
    visits_poll(visits, POLL_MS);
  }
}

void one_shot(const struct options *options) {
  struct visits *visits = visits_open(options->port, REPLY_LINE, 0);
  visit_until(visits, options->connections, now_ns() + (uint64_t)options->warmup_ms * NS_PER_MS);
  visits_reset(visits);
  struct measurement measurement = measurement_begin(options->pid);
  visit_until(visits, options->connections, measurement.started_ns + (uint64_t)options->measure_ms * NS_PER_MS);
  report_begin(&measurement, &visits->latency);
  visits_finish(visits, now_ns() + LAST_ANSWERS_MS * NS_PER_MS);
  report_number("failed", (double)visits->failed);
  if (visits->failed > 0) report_text("failure", visits->failure);
  report_end();
  free(visits);
}
