// What Linux and the C compiler offer and Swift's Glibc module does not show: epoll, eventfd, and calls behind feature macros, which
// are wrapped in CLinux.c because a macro defined here would change what other modules see of the same headers.
#pragma once
#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// Brings a cache line near, to be read or written soon. Any address will do: it is a hint and never faults.
static inline void nuthatch_prefetch(const void *address) { __builtin_prefetch(address); }

// Accepts a connection non-blocking and closed on exec, in one call.
int nuthatch_accept4(int listener, struct sockaddr_storage *address, socklen_t *length);

// Fills a buffer of at most 256 bytes from the kernel's random generator; 0 when it did.
int nuthatch_random(void *buffer, size_t length);

// Names the calling thread; at most 15 bytes.
void nuthatch_name_thread(const char *name);

// How many cores the process may run on.
int nuthatch_available_cores(void);

// Lowers the calling thread's share of the processor; Linux keeps niceness for each thread.
void nuthatch_lower_priority(void);

// Lets the calling thread be interrupted sooner by one that wakes up: after 0.1 ms on the processor instead of some
// milliseconds. Linux 6.12 and later; older ones change nothing.
void nuthatch_shorten_slice(void);

// Has the allocator give blocks of so many bytes and more back to the system when they are freed, for good. By itself it
// raises that bound up to 32 MiB with each block that is freed, and what lies between others then stays.
void nuthatch_return_large_blocks(int threshold);

// Waits for a semaphore, at most so many milliseconds by the clock that never jumps, with 0 not at all; 0 when it was
// signalled.
int nuthatch_wait_semaphore(sem_t *semaphore, int64_t milliseconds);
