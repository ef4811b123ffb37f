/*
 * Answers every byte on its terminal with the moment it was read: nanoseconds of the monotonic clock, in decimal, and a
 * line feed. The clock is the same for every process of the machine, so whoever typed can subtract.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  char byte;
  char answer[32];
  struct timespec now;
  while (read(0, &byte, 1) == 1) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(answer, sizeof answer, "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
    if (write(1, answer, length) != length) return 1;
  }
  return 0;
}
