#include "daytime-line.h"

#include <time.h>

static char line[64];
static size_t line_length;
static time_t line_of;

const char *daytime_line(size_t *length) {
  time_t now = time(NULL);
  if (now != line_of) {
    struct tm parts;
    gmtime_r(&now, &parts);
    line_length = strftime(line, sizeof line, "%A, %B %d, %Y %H:%M:%S-UTC\r\n", &parts);
    line_of = now;
  }
  *length = line_length;
  return line;
}
