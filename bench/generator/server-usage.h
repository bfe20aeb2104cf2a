#ifndef SERVER_USAGE_H
#define SERVER_USAGE_H

#include <stdint.h>


/** Processor time of a process and all it started so far, seconds; 0 where `pid` is 0. proc(5): task, stat. */
double server_cpu_seconds(int pid);

/** Resident memory of a process and all it started, bytes; 0 where `pid` is 0. proc(5): smaps_rollup. */
uint64_t server_memory_bytes(int pid);

/** Processor time of this program so far, seconds. */
double own_cpu_seconds(void);

#endif
