#define _GNU_SOURCE
#include "sim_clock.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout);
int __wrap_usleep(useconds_t us);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_gettimeofday(struct timeval *now, void *zone);
time_t __wrap_time(time_t *now);
int __real_select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout);

static int64_t cpu_at_start_ns;   // execve keeps a process's processor time
static int64_t wall_at_start_ns;  // the real-time clock is right when the board starts, then follows simulated time
static volatile int64_t waited_ns;
static double speed = 1.0;

// The wait under way, for a signal handler that asks for the time: host time at its begin, simulated length at most.
static volatile bool waiting;
static volatile int64_t wait_began_ns;
static volatile int64_t wait_asked_ns;

static int64_t read_clock_ns(clockid_t clock) {
    struct timespec now;
    __real_clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

__attribute__((constructor)) static void start_clock(void) {
    cpu_at_start_ns = read_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    wall_at_start_ns = read_clock_ns(CLOCK_REALTIME);
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // sleeps end when asked, not up to 50 us later
}

int64_t sim_cpu_ns(void) {
    return read_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_at_start_ns;
}

static int64_t wait_passed_ns(void) {
    int64_t passed_ns = (int64_t)((double)(read_clock_ns(CLOCK_MONOTONIC) - wait_began_ns) * speed);
    return passed_ns < wait_asked_ns ? passed_ns : wait_asked_ns;
}

int64_t sim_clock_ns(void) {
    return sim_cpu_ns() + waited_ns + (waiting ? wait_passed_ns() : 0);
}

void sim_clock_set_speed(double factor) {
    speed = factor;
}

double sim_clock_speed(void) {
    return speed;
}

void sim_clock_set_wall_at_start(int64_t unix_ns) {
    wall_at_start_ns = unix_ns;
}

static void begin_wait(int64_t asked_ns) {
    wait_asked_ns = asked_ns;
    wait_began_ns = read_clock_ns(CLOCK_MONOTONIC);
    waiting = true;
}

static void end_wait(bool whole) {
    int64_t passed_ns = whole ? wait_asked_ns : wait_passed_ns();
    waiting = false;
    waited_ns += passed_ns;
}

static struct timespec host_time(int64_t simulated_ns) {
    int64_t ns = (int64_t)((double)simulated_ns / speed);
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    if (timeout_ms == 0) {
        return __real_poll(fds, count, 0);
    }
    int64_t asked_ns = timeout_ms < 0 ? INT64_MAX : timeout_ms * NS_PER_MS;
    struct timespec host = host_time(asked_ns);
    begin_wait(asked_ns);
    int ready = ppoll(fds, count, timeout_ms < 0 ? NULL : &host, NULL);
    end_wait(ready == 0);
    return ready;
}

// The port sleeps with it (time.sleep), and relies on Linux leaving the rest of the time in *timeout.
int __wrap_select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout) {
    if (timeout == NULL || (timeout->tv_sec == 0 && timeout->tv_usec == 0)) {
        return __real_select(count, readable, writable, exceptional, timeout);
    }
    int64_t asked_ns = timeout->tv_sec * NS_PER_S + timeout->tv_usec * NS_PER_US;
    struct timespec host = host_time(asked_ns);
    int64_t before_ns = waited_ns;
    begin_wait(asked_ns);
    int ready = pselect(count, readable, writable, exceptional, &host, NULL);
    end_wait(ready == 0);
    int64_t rest_us = (asked_ns - (waited_ns - before_ns)) / NS_PER_US;
    timeout->tv_sec = rest_us / 1000000;
    timeout->tv_usec = rest_us % 1000000;
    return ready;
}

int __wrap_usleep(useconds_t us) {
    int64_t asked_ns = us * NS_PER_US;
    struct timespec host = host_time(asked_ns);
    begin_wait(asked_ns);
    int failed = nanosleep(&host, NULL);
    end_wait(failed == 0);
    return failed;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    if (clock != CLOCK_MONOTONIC) {
        return __real_clock_gettime(clock, now);
    }
    int64_t ns = sim_clock_ns();
    now->tv_sec = ns / NS_PER_S;
    now->tv_nsec = ns % NS_PER_S;
    return 0;
}

int __wrap_gettimeofday(struct timeval *now, void *zone) {
    (void)zone;
    int64_t us = (wall_at_start_ns + sim_clock_ns()) / NS_PER_US;
    now->tv_sec = us / 1000000;
    now->tv_usec = us % 1000000;
    return 0;
}

time_t __wrap_time(time_t *now) {
    time_t s = (wall_at_start_ns + sim_clock_ns()) / NS_PER_S;
    if (now != NULL) {
        *now = s;
    }
    return s;
}
