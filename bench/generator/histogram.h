#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

/** Log-linear: 64 steps for each power of two, so a value is known to 1.6 %. */
#define HISTOGRAM_STEPS 64
#define HISTOGRAM_POWERS 40

struct histogram {
  uint64_t counts[HISTOGRAM_POWERS][HISTOGRAM_STEPS];
  uint64_t total;
  uint64_t max_ns;
};

void histogram_add(struct histogram *histogram, uint64_t ns);

/** The value below which `share` (0 to 1) of the values are, microseconds; 0 for an empty histogram. */
double histogram_us(const struct histogram *histogram, double share);

#endif
