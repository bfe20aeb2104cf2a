#ifndef SERVER_USAGE_H
#define SERVER_USAGE_H

#include <stdint.h>


/** CPU time of a process and its descendants so far, seconds; 0 where `pid` is 0. proc(5): task, stat. */
double server_cpu_seconds(int pid);

/** Resident memory of a process and its descendants, bytes; 0 where `pid` is 0. proc(5): smaps_rollup. */
uint64_t server_memory_bytes(int pid);

/** CPU time of this program so far, seconds. */
double own_cpu_seconds(void);

#endif
