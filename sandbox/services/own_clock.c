/* Loaded before the C library (LD_PRELOAD): a clock of one program's own, ahead of the machine's by the seconds in the file OWN_CLOCK.
 *
 * Only CLOCK_REALTIME is another one. A wait until a time of CLOCK_REALTIME ends by this clock: when it is set back, whoever waits
 * already waits longer, and when it is set forward, less long. A kernel whose clock is set does the same, and at once; here a wait
 * looks at the clock every LOOK_NS, and ends as much later. Not changed are timerfd and clock_nanosleep, which no program of ours
 * uses by CLOCK_REALTIME, and the times of files.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>

#define SECOND_NS 1000000000L
#define LOOK_NS 20000000L
#define CONDITIONS 4096
#define FIRST_DATE 1000000000L /* in 2001. An earlier time is one of CLOCK_MONOTONIC: no machine has run for 31 years */

typedef int ClockGettime(clockid_t, struct timespec *);

static const int64_t right = 0;
static const volatile int64_t *ahead = &right;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("OWN_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) abort(); /* or a test would pass by the right clock */
    ahead = page;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static ClockGettime *function;
    int result;
    if (!function) function = (ClockGettime *)dlsym(RTLD_NEXT, "clock_gettime");
    result = function(clock, now);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *ahead;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone; /* obsolete */
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME_COARSE, &precise);
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}

int timespec_get(struct timespec *now, int base)
{
    return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, now) ? base : 0;
}

/* The nanoseconds from now until a time, at most LOOK_NS; none if it is over. */
static long left(const struct timespec *deadline)
{
    struct timespec now;
    time_t seconds;
    long nanoseconds;
    clock_gettime(CLOCK_REALTIME, &now);
    seconds = deadline->tv_sec - now.tv_sec;
    if (seconds < 0 || seconds > 1) return seconds < 0 ? 0 : LOOK_NS;
    nanoseconds = seconds * SECOND_NS + deadline->tv_nsec - now.tv_nsec;
    return nanoseconds < 0 ? 0 : nanoseconds > LOOK_NS ? LOOK_NS : nanoseconds;
}

/* When to look again, by CLOCK_MONOTONIC. */
static struct timespec next_look(const struct timespec *deadline)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += left(deadline);
    until.tv_sec += until.tv_nsec / SECOND_NS;
    until.tv_nsec %= SECOND_NS;
    return until;
}

/* While a wait looks at the clock, a signal would be lost. So signals are counted: by condition, or of two whose addresses say the same. */
static atomic_uint *signals_of(const void *condition)
{
    static atomic_uint signals[CONDITIONS];
    return &signals[(uintptr_t)condition / sizeof(cnd_t) % CONDITIONS];
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline)
{
    unsigned before = atomic_load(signals_of(condition));
    int result;
    if (deadline->tv_sec < FIRST_DATE) return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, deadline);
    do {
        struct timespec until = next_look(deadline);
        result = pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &until);
        if (result == ETIMEDOUT && atomic_load(signals_of(condition)) != before) return 0; /* a wait may end without a reason (POSIX) */
    } while (result == ETIMEDOUT && left(deadline));
    return result;
}

/* In glibc a cnd_t and a mtx_t are those of pthread. */
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict deadline)
{
    int result = pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, deadline);
    return result == ETIMEDOUT ? thrd_timedout : result ? thrd_error : thrd_success;
}

static int wake(const char *name, void *condition)
{
    typedef int Wake(cnd_t *);
    atomic_fetch_add(signals_of(condition), 1);
    return ((Wake *)dlsym(RTLD_NEXT, name))(condition);
}

int cnd_signal(cnd_t *condition) { return wake("cnd_signal", condition); }

int cnd_broadcast(cnd_t *condition) { return wake("cnd_broadcast", condition); }

int pthread_cond_signal(pthread_cond_t *condition) { return wake("cnd_signal", condition); }

int pthread_cond_broadcast(pthread_cond_t *condition) { return wake("cnd_broadcast", condition); }

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline)
{
    int result;
    do {
        struct timespec until = next_look(deadline);
        result = pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until);
    } while (result == ETIMEDOUT && left(deadline));
    return result;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline)
{
    int result;
    do {
        struct timespec until = next_look(deadline);
        result = sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
    } while (result && errno == ETIMEDOUT && left(deadline));
    return result;
}
