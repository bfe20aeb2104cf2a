#include "histogram.h"

#define STEP_BITS 6

void histogram_add(struct histogram *histogram, uint64_t ns) {
  unsigned power = 0;
  uint64_t step = ns;
  if (ns >= HISTOGRAM_STEPS) {
    power = 64 - STEP_BITS - (unsigned)__builtin_clzll(ns);
    if (power >= HISTOGRAM_POWERS) power = HISTOGRAM_POWERS - 1;
    // The leading bit is known from the power of two, so only the upper half of the steps is used.
    step = (ns >> power) & (HISTOGRAM_STEPS - 1);
  }
  histogram->counts[power][step] += 1;
  histogram->total += 1;
  if (ns > histogram->max_ns) histogram->max_ns = ns;
}

double histogram_us(const struct histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)((double)histogram->total * share);
  uint64_t seen = 0;
  if (wanted >= histogram->total) return (double)histogram->max_ns / 1e3;
  for (unsigned power = 0; power < HISTOGRAM_POWERS; power += 1) {
    for (unsigned step = 0; step < HISTOGRAM_STEPS; step += 1) {
      seen += histogram->counts[power][step];
      if (seen > wanted) return ((double)step + 0.5) * (double)(1ull << power) / 1e3;
    }
  }
  return (double)histogram->max_ns / 1e3;
}
