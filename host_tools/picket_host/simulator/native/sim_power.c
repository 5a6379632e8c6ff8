#define _GNU_SOURCE
#include "sim_power.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sim_clock.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define HIGHEST_FILE_DESCRIPTOR 1023

// What a reset hands to the next start. Both strings are part of the environment from the beginning, with room for any
// value, because a signal handler may change bytes but must not call setenv.
#define CAUSE_NAME "PICKET_SIM_RESET_CAUSE"
#define POWERED_NAME "PICKET_SIM_POWERED_NS"
static char cause_entry[] = CAUSE_NAME "=0";
static char powered_entry[] = POWERED_NAME "=00000000000000000000";

static char **arguments;
static char start_folder[PATH_MAX];  // arguments may name files relative to it
static enum sim_reset_cause cause = SIM_RESET_POWER_ON;
static int64_t powered_before_ns;
static volatile sig_atomic_t reload_requested;

static timer_t watchdog;
static int64_t watchdog_timeout_ns;  // 0: not started
static volatile int64_t watchdog_deadline_ns;

static void write_decimal(char *last_digit, int64_t value) {
    for (char *digit = last_digit; *digit >= '0' && *digit <= '9'; digit--) {
        *digit = (char)('0' + value % 10);
        value /= 10;
    }
}

enum sim_reset_cause sim_reset_cause(void) {
    return cause;
}

int64_t sim_powered_ns(void) {
    return powered_before_ns + sim_clock_ns();
}

void sim_reset(enum sim_reset_cause next_cause) {
    // A signal that comes while the program is being replaced waits until the new one is ready for it.
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    write_decimal(cause_entry + sizeof(cause_entry) - 2, next_cause);
    write_decimal(powered_entry + sizeof(powered_entry) - 2, sim_powered_ns());
    if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) != 0) {
        for (int descriptor = STDERR_FILENO + 1; descriptor <= HIGHEST_FILE_DESCRIPTOR; descriptor++) {
            close(descriptor);
        }
    }
    if (chdir(start_folder) == 0) {
        execve("/proc/self/exe", arguments, environ);
    }
    _exit(EXIT_FAILURE);
}

static void watch_for(int64_t simulated_ns) {
    // Simulated time is never faster than real time by more than the speed, so the deadline can't have passed before.
    int64_t ns = (int64_t)((double)simulated_ns / (sim_clock_speed() > 1.0 ? sim_clock_speed() : 1.0)) + NS_PER_MS;
    struct itimerspec once = {.it_value = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S}};
    timer_settime(watchdog, 0, &once, NULL);
}

static void on_watchdog_timer(int signal_number) {
    (void)signal_number;
    int saved_errno = errno;
    int64_t left_ns = watchdog_deadline_ns - sim_clock_ns();
    if (left_ns <= 0) {
        static const char text[] = "watchdog: not fed in time, reset\n";
        ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
        (void)written;
        sim_reset(SIM_RESET_WATCHDOG);
    }
    watch_for(left_ns);
    errno = saved_errno;
}

void sim_watchdog_start(int64_t timeout_ms) {
    if (watchdog_timeout_ns == 0) {
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
        timer_create(CLOCK_MONOTONIC, &event, &watchdog);
    }
    watchdog_timeout_ns = timeout_ms * NS_PER_MS;
    sim_watchdog_feed();
    watch_for(watchdog_timeout_ns);
}

void sim_watchdog_feed(void) {
    watchdog_deadline_ns = sim_clock_ns() + watchdog_timeout_ns;
}

void sim_watchdog_stop(void) {
    if (watchdog_timeout_ns != 0) {
        timer_delete(watchdog);
        watchdog_timeout_ns = 0;
    }
}

void sim_power_on_at(int64_t unix_s) {
    sim_clock_set_wall_at_start(unix_s * NS_PER_S + powered_before_ns);
}

bool sim_take_reload_request(void) {
    bool requested = reload_requested != 0;
    reload_requested = 0;
    return requested;
}

static void on_reload(int signal_number) {
    (void)signal_number;
    reload_requested = 1;
}

static void on_terminate(int signal_number) {
    (void)signal_number;
    _exit(EXIT_SUCCESS);
}

static void handle(int signal_number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

static void take_from_last_boot(void) {
    const char *text = getenv(CAUSE_NAME);
    if (text != NULL && text[0] >= '0' + SIM_RESET_POWER_ON && text[0] <= '0' + SIM_RESET_SOFT) {
        cause = (enum sim_reset_cause)(text[0] - '0');
    }
    text = getenv(POWERED_NAME);
    if (text != NULL) {
        powered_before_ns = strtoll(text, NULL, 10);
    }
    putenv(cause_entry);
    putenv(powered_entry);
}

// glibc calls constructors with main's arguments.
__attribute__((constructor)) static void power_up(int argc, char **argv) {
    (void)argc;
    arguments = argv;
    const char *tied = getenv("PICKET_SIM_DIE_WITH_PARENT");
    if (tied != NULL && strcmp(tied, "1") == 0) {
        prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0UL, 0UL, 0UL);
    }
    if (getcwd(start_folder, sizeof(start_folder)) == NULL) {
        _exit(EXIT_FAILURE);
    }
    take_from_last_boot();
    handle(SIGALRM, on_watchdog_timer);
    handle(SIGUSR1, on_reload);
    handle(SIGTERM, on_terminate);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
