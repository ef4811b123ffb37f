/*
 * The limit: a process that opens a terminal, runs a script in it and reads with plain blocking calls, with no
 * client, no copy and no event loop.
 *
 *   pty-reader stream WARM_BYTES BYTES SCRIPT    prints: seconds cpu_seconds bytes
 *   pty-reader echo COUNT 0 SCRIPT               prints: COUNT round trips in milliseconds
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static char buffer[64 * 1024];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double wall_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int open_terminal(const char *script, pid_t *child) {
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) || unlockpt(terminal)) fail("open a terminal");
  const char *name = ptsname(terminal);
  *child = fork();
  if (*child < 0) fail("fork");
  if (*child == 0) {
    setsid();
    int side = open(name, O_RDWR);
    if (side < 0 || ioctl(side, TIOCSCTTY, 0)) fail("take the terminal");
    for (int fd = 0; fd < 3; fd++) dup2(side, fd);
    if (side > 2) close(side);
    close(terminal);
    execlp("sh", "sh", script, (char *)NULL);
    fail("run sh");
  }
  return terminal;
}

static long long read_until(int terminal, long long have, long long want) {
  while (have < want) {
    ssize_t bytes = read(terminal, buffer, sizeof buffer);
    if (bytes <= 0) fail("read the terminal");
    have += bytes;
  }
  return have;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: pty-reader stream|echo NUMBER NUMBER SCRIPT\n");
    return 2;
  }
  pid_t child;
  int terminal = open_terminal(argv[4], &child);
  long long have = read_until(terminal, 0, 1);
  if (strcmp(argv[1], "stream") == 0) {
    long long warm = atoll(argv[2]);
    if (write(terminal, "\n", 1) != 1) fail("write to the terminal");
    have = read_until(terminal, have, warm);
    long long from = have;
    double wall = wall_seconds(), cpu = cpu_seconds();
    have = read_until(terminal, have, warm + atoll(argv[3]));
    printf("%.6f %.6f %lld\n", wall_seconds() - wall, cpu_seconds() - cpu, have - from);
  } else {
    for (long left = atol(argv[2]); left > 0; left--) {
      struct timespec pause = {0, 1000000 + rand() % 3000000};
      nanosleep(&pause, NULL);
      double sent = wall_seconds();
      if (write(terminal, "x", 1) != 1) fail("write to the terminal");
      read_until(terminal, 0, 1);
      printf("%.6f ", (wall_seconds() - sent) * 1e3);
    }
    printf("\n");
  }
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return 0;
}
