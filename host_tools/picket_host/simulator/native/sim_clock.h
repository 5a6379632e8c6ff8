// Simulated time: the processor time that this process has used, plus the time that it asked to sleep or wait.
//
// A wait that ends by itself counts as long as it was asked for, however late the host woke the process; a wait that is
// cut short (a socket became ready, a signal came) counts as long as it really lasted. So a host that is busy with
// other things slows the simulation down, and nothing more.
//
// The linker hands the port's calls of poll, select, usleep, clock_gettime, gettimeofday and time to sim_clock.c
// (--wrap, see mpconfigvariant.mk). Sockets in blocking mode wait in calls that are not wrapped: simulated time stands
// still meanwhile. Device code waits in poll.
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdint.h>

// Nanoseconds of simulated time since the board was started or reset. Safe in a signal handler, also during a wait.
int64_t sim_clock_ns(void);

// Nanoseconds of processor time that the process has used since it was started or reset.
int64_t sim_cpu_ns(void);

// How many times faster than real time waits pass; 1.0 at start. The caller checks that speed is positive and finite.
void sim_clock_set_speed(double speed);
double sim_clock_speed(void);

// What the real-time clock showed when the board was started or reset, in nanoseconds since 1970; the host's when not
// set.
void sim_clock_set_wall_at_start(int64_t unix_ns);

#endif
