#include "CChecksum.h"

#include <pthread.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

// Eight tables, so that eight bytes are looked up at once ("slicing by 8", Kounavis and Berry 2005).
static uint32_t table[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
        }
        table[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        for (int slice = 1; slice < 8; slice++) {
            uint32_t before = table[slice - 1][byte];
            table[slice][byte] = before >> 8 ^ table[0][before & 0xFF];
        }
    }
}

uint32_t nuthatch_crc32c_by_tables(uint32_t crc, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    pthread_once(&once, fill);
    crc = ~crc;
    for (; count >= 8; count -= 8, next += 8) {
        uint32_t low = crc ^ ((uint32_t)next[0] | (uint32_t)next[1] << 8 | (uint32_t)next[2] << 16 | (uint32_t)next[3] << 24);
        crc = table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF] ^ table[4][low >> 24]
            ^ table[3][next[4]] ^ table[2][next[5]] ^ table[1][next[6]] ^ table[0][next[7]];
    }
    for (; count > 0; count--, next++) {
        crc = crc >> 8 ^ table[0][(crc ^ *next) & 0xFF];
    }
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const unsigned char *next, size_t count) {
    uint64_t wide = ~crc;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    uint32_t rest = (uint32_t)wide;
    for (; count > 0; count--, next++) {
        rest = _mm_crc32_u8(rest, *next);
    }
    return ~rest;
}

uint32_t nuthatch_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return __builtin_cpu_supports("sse4.2") ? by_instruction(crc, bytes, count)
                                            : nuthatch_crc32c_by_tables(crc, bytes, count);
}

#elif defined(__aarch64__)

__attribute__((target("crc"))) static uint32_t by_instruction(uint32_t crc, const unsigned char *next, size_t count) {
    crc = ~crc;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        crc = __crc32cd(crc, word);
    }
    for (; count > 0; count--, next++) {
        crc = __crc32cb(crc, *next);
    }
    return ~crc;
}

uint32_t nuthatch_crc32c(uint32_t crc, const void *bytes, size_t count) {
    // HWCAP_CRC32 is bit 7.
    return getauxval(AT_HWCAP) & 1 << 7 ? by_instruction(crc, bytes, count)
                                        : nuthatch_crc32c_by_tables(crc, bytes, count);
}

#else

uint32_t nuthatch_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return nuthatch_crc32c_by_tables(crc, bytes, count);
}

#endif
