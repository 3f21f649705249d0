#ifndef NUTHATCH_CZONES_H
#define NUTHATCH_CZONES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// From `at` on, in seconds since 1970, the zone is `offset` seconds east of UTC.
typedef struct {
    int64_t at;
    int32_t offset;
} nuthatch_transition;

/// Reads a zone of the system's database. Writes the offset that holds before the first transition after `from`, and
/// the transitions up to `to`, `capacity` at most. Returns how many there are, -1 for a zone the database does not have.
int nuthatch_zone_transitions(
    const char *name, int64_t from, int64_t to, int32_t *first, nuthatch_transition *transitions, int capacity);

#ifdef __cplusplus
}
#endif

#endif
