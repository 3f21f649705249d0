// Tells the thread sanitizer of Swift's mutexes.
//
// Where a `Mutex` of Swift's Synchronization is contended it is locked and unlocked inside that library, which is built
// without the sanitizer: whatever it guards then looks unguarded. Loaded before the library (LD_PRELOAD), these two
// stand in front of its own and say what they do. In a process without the sanitizer they do nothing more than call.

#include <dlfcn.h>
#include <stdint.h>

extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void nuthatch_lock(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void nuthatch_unlock(SELF) __asm__(UNLOCK);

SWIFT void nuthatch_lock(uint32_t thread, SELF) {
    SWIFT void (*lock)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK);
    lock(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void nuthatch_unlock(SELF) {
    SWIFT void (*unlock)(SELF) = dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(self);
    unlock(self);
}
