#ifndef DAYTIME_LINE_H
#define DAYTIME_LINE_H

#include <stddef.h>

/** The line of the current second, formatted once per second; valid until the next call. */
const char *daytime_line(size_t *length);

#endif
