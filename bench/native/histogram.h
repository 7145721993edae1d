/*
 * A histogram of nanoseconds with logarithmic buckets, each power of two cut into 256: a value is known to 0.4 %, at a cost that
 * does not depend on how many there are.
 */

#include <stdint.h>
#include <string.h>

enum { HALF_BITS = 8, HALF = 1 << HALF_BITS, BUCKETS = (64 - HALF_BITS) * HALF };

typedef struct {
  uint64_t counts[BUCKETS];
  uint64_t total, max;
} Histogram;

static uint32_t bucketOf(uint64_t value) {
  if (value < 2 * HALF) return (uint32_t)value;
  uint32_t shift = 63 - (uint32_t)__builtin_clzll(value) - HALF_BITS;
  return shift * HALF + (uint32_t)(value >> shift);
}

static uint64_t highestOf(uint32_t bucket) {
  if (bucket < 2 * HALF) return bucket;
  uint32_t shift = bucket / HALF - 1;
  return (((uint64_t)(bucket - shift * HALF) + 1) << shift) - 1;
}

static void record(Histogram *histogram, uint64_t value) {
  histogram->counts[bucketOf(value)]++;
  histogram->total++;
  if (value > histogram->max) histogram->max = value;
}

/* The least value that at least `share` of 10,000 parts of all are no higher than. */
static uint64_t percentile(const Histogram *histogram, uint64_t share) {
  uint64_t rank = (share * histogram->total + 9999) / 10000, seen = 0;
  if (rank == 0) rank = 1;
  for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) {
    seen += histogram->counts[bucket];
    if (seen >= rank) return highestOf(bucket) < histogram->max ? highestOf(bucket) : histogram->max;
  }
  return histogram->max;
}
