// CRC32C (Castagnoli, RFC 3720 appendix B.4), by the processor's instruction where it has one.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The checksum of what `crc` is the checksum of, followed by `count` more bytes. The checksum of nothing is 0.
uint32_t nuthatch_crc32c(uint32_t crc, const void *bytes, size_t count);

// The same by tables alone: what processors without the instruction get, and what the tests compare with.
uint32_t nuthatch_crc32c_by_tables(uint32_t crc, const void *bytes, size_t count);
