#include "server-usage.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/** Calls `visit` for a process and all its descendants. */
static void walk(int pid, void (*visit)(int pid, void *sum), void *sum) {
  char path[64];
  visit(pid, sum);
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *threads = opendir(path);
  if (!threads) return;
  for (struct dirent *thread; (thread = readdir(threads));) {
    if (thread->d_name[0] == '.') continue;
    char children[384];
    snprintf(children, sizeof children, "%s/%s/children", path, thread->d_name);
    FILE *file = fopen(children, "r");
    if (!file) continue;
    for (int child; fscanf(file, "%d", &child) == 1;) walk(child, visit, sum);
    fclose(file);
  }
  closedir(threads);
}

/** Adds the CPU time of the threads of a process, nanoseconds: its stat(5) alone is rounded down to 10 ms. */
static void add_threads_cpu(int pid, double *sum) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *threads = opendir(path);
  if (!threads) return;
  for (struct dirent *thread; (thread = readdir(threads));) {
    if (thread->d_name[0] == '.') continue;
    char schedstat[384];
    snprintf(schedstat, sizeof schedstat, "%s/%s/schedstat", path, thread->d_name);
    FILE *file = fopen(schedstat, "r");
    if (!file) continue;
    unsigned long long on_cpu_ns;
    if (fscanf(file, "%llu", &on_cpu_ns) == 1) *sum += (double)on_cpu_ns / 1e9;
    fclose(file);
  }
  closedir(threads);
}

/** Adds the CPU time of children that have ended. */
static void add_ended_cpu(int pid, double *sum) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) return;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  // Field 2, the name of the program, may contain spaces and brackets: count the fields after the last bracket.
  const char *fields = strrchr(text, ')');
  long user = 0, system = 0;
  if (fields && sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld", &user, &system) == 2)
    *sum += (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void add_cpu(int pid, void *sum) {
  add_threads_cpu(pid, sum);
  add_ended_cpu(pid, sum);
}

static void add_memory(int pid, void *sum) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
  FILE *file = fopen(path, "r");
  if (!file) return;
  unsigned long kib;
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "Rss: %lu kB", &kib) == 1) *(uint64_t *)sum += (uint64_t)kib * 1024;
  fclose(file);
}

double server_cpu_seconds(int pid) {
  double sum = 0;
  if (pid > 0) walk(pid, add_cpu, &sum);
  return sum;
}

uint64_t server_memory_bytes(int pid) {
  uint64_t sum = 0;
  if (pid > 0) walk(pid, add_memory, &sum);
  return sum;
}

double own_cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}
