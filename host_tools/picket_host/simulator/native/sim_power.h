// What power, reset line and watchdog are to a board: starting, resetting and ending the process that simulates it.
#ifndef SIM_POWER_H
#define SIM_POWER_H

#include <stdbool.h>
#include <stdint.h>

// Why the board started; the values are those of machine.reset_cause() on an ESP32.
enum sim_reset_cause {
    SIM_RESET_POWER_ON = 1,
    SIM_RESET_HARD = 2,
    SIM_RESET_WATCHDOG = 3,
    SIM_RESET_DEEP_SLEEP = 4,
    SIM_RESET_SOFT = 5,
};

enum sim_reset_cause sim_reset_cause(void);

// Nanoseconds of simulated time since power-on; goes on over resets, as the time of the chips around the controller
// does.
int64_t sim_powered_ns(void);

// Execute this program again with the same arguments, environment and process id; all files and sockets are closed.
// Safe in a signal handler.
_Noreturn void sim_reset(enum sim_reset_cause cause);

// Start or feed the watchdog: it resets the board when it has not been fed for timeout_ms of simulated time. Nothing
// but deep sleep stops it, as on an ESP32. Feeding has no effect before the start. timeout_ms > 0.
void sim_watchdog_start(int64_t timeout_ms);
void sim_watchdog_feed(void);
void sim_watchdog_stop(void);

// What the real-time clock showed at power-on. It goes on over resets from there, instead of being set anew by the
// host's at each start.
void sim_power_on_at(int64_t unix_s);

// True once after each SIGUSR1.
bool sim_take_reload_request(void);

#endif
