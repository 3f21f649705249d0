#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int nuthatch_accept4(int listener, struct sockaddr_storage *address, socklen_t *length) {
    return accept4(listener, (struct sockaddr *)address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int nuthatch_random(void *buffer, size_t length) {
    return getrandom(buffer, length, 0) == (ssize_t)length ? 0 : -1;
}

void nuthatch_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

int nuthatch_available_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

void nuthatch_lower_priority(void) {
    setpriority(PRIO_PROCESS, (id_t)gettid(), 15);
}

void nuthatch_return_large_blocks(int threshold) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, threshold);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
#endif
}

// The kernel's own, which the C library's headers do not have everywhere.
struct scheduling {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

void nuthatch_shorten_slice(void) {
    struct scheduling wanted = {.size = sizeof wanted, .runtime = 100000};
    wanted.nice = getpriority(PRIO_PROCESS, (id_t)gettid());
    syscall(SYS_sched_setattr, 0, &wanted, 0);
}

int nuthatch_wait_semaphore(sem_t *semaphore, int64_t milliseconds) {
    // A deadline that is over would still put the thread to sleep.
    if (milliseconds <= 0) {
        return sem_trywait(semaphore);
    }
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    int64_t nanoseconds = deadline.tv_nsec + milliseconds % 1000 * 1000000;
    deadline.tv_sec += milliseconds / 1000 + nanoseconds / 1000000000;
    deadline.tv_nsec = nanoseconds % 1000000000;
    while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline) != 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}
