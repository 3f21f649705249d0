// Loaded before the C library (LD_PRELOAD): counts the calls of the whole process that change files, in the one order
// in which they happen, and ends the process by SIGKILL at the one of the number KILL_AT. strace counts for each
// thread, and so never gets to the calls of one that calls seldomer than another.
//
// The call that is killed does not happen; of a write, when the number is odd, the first half does.
//
// KILL_COUNT names a file of 8 bytes where the count is kept, for who comes after the process.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic long *calls;
static long last;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("KILL_COUNT"), *at = getenv("KILL_AT");
    last = at ? atol(at) : 0;
    int file = path ? open(path, O_RDWR) : -1;
    if (file < 0) _exit(99);
    void *page = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) _exit(99);
    calls = page;
}

// Whether this call is the last.
static int is_last(void) { return atomic_fetch_add(calls, 1) + 1 == last; }

static void end(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define REAL(name) (*(__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define COUNTED(type, name, parameters, arguments) \
    type name parameters { \
        if (is_last()) end(); \
        return REAL(name) arguments; \
    }

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    if (is_last()) {
        if (last & 1) REAL(pwrite)(file, bytes, count / 2, offset);
        end();
    }
    return REAL(pwrite)(file, bytes, count, offset);
}

COUNTED(int, fdatasync, (int file), (file))
COUNTED(int, fsync, (int file), (file))
COUNTED(int, ftruncate, (int file, off_t length), (file, length))
COUNTED(int, posix_fallocate, (int file, off_t offset, off_t length), (file, offset, length))
COUNTED(int, rename, (const char *from, const char *to), (from, to))
COUNTED(int, renameat, (int one, const char *from, int other, const char *to), (one, from, other, to))
COUNTED(int, unlink, (const char *path), (path))
COUNTED(int, unlinkat, (int directory, const char *path, int flags), (directory, path, flags))
