#include "CZones.h"

#include <cctz/time_zone.h>

#include <chrono>

namespace {

using Instant = cctz::time_point<cctz::seconds>;

Instant instant(int64_t seconds) { return Instant(cctz::seconds(seconds)); }

int64_t seconds(Instant instant) { return instant.time_since_epoch().count(); }

}  // namespace

extern "C" int nuthatch_zone_transitions(
    const char *name, int64_t from, int64_t to, int32_t *first, nuthatch_transition *transitions, int capacity) {
    cctz::time_zone zone;
    if (!cctz::load_time_zone(name, &zone)) return -1;
    *first = zone.lookup(instant(from)).offset;
    int count = 0;
    Instant at = instant(from);
    cctz::time_zone::civil_transition transition;
    while (count < capacity && zone.next_transition(at, &transition)) {
        // A transition is named by its civil times; the first moment of the later one is where it happens.
        at = zone.lookup(transition.to).trans;
        if (seconds(at) > to) break;
        transitions[count].at = seconds(at);
        transitions[count].offset = zone.lookup(at).offset;
        count += 1;
    }
    return count;
}
