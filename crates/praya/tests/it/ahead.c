/* Stands in for waiting: preloaded into the program, its clock of the day is CLOCK_AHEAD seconds ahead. The
 * clock that measures how long something took is left alone. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int done = (int)syscall(SYS_clock_gettime, clock, now);
    const char *ahead = getenv("CLOCK_AHEAD");
    if (!done && clock == CLOCK_REALTIME && ahead) now->tv_sec += atoll(ahead);
    return done;
}
