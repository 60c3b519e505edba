/* The memory that front and worker share: one ring of bytes a direction, each in a memfd of its
 * own that only its writer may map for writing.
 *
 *     request memfd (the front writes)         reply memfd (the worker writes)
 *     +--------------------------------+       +--------------------------------+
 *     | written: bytes ever put here   |       | written                        |
 *     | read: bytes ever taken there --|------>| data [RING_SIZE]               |
 *     | data [RING_SIZE] <-------------|-------| read                           |
 *     +--------------------------------+       +--------------------------------+
 *
 * Both counters of a page are its owner's alone. What the other side wrote is hostile: counters are
 * loaded once, checked, and only then used; data is copied out before it is looked at. Whoever is
 * about to sleep says so in its own page, and is then rung through the socket pair (link.h). */
#ifndef INGLE_WORKER_WIRE_RING_H
#define INGLE_WORKER_WIRE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define RING_SIZE ((size_t)1 << 20) /* a power of two */
#define RING_REQUESTS 64            /* at once, at most */

/* What each side tells the other besides its bytes. */
struct ring_page {
    _Alignas(64) _Atomic uint64_t written; /* into this ring, ever */
    _Alignas(64) _Atomic uint64_t read;    /* of the other ring, ever */
    _Alignas(64) atomic_uint wants_data;   /* sleeps until there is something to read, */
    atomic_uint wants_room;                /* or room to write */
    /* front: the request that is to end, at its id modulo RING_REQUESTS; 0 = none. No two that are
     * open at the same time share a place */
    atomic_uint cancelled[RING_REQUESTS];
    atomic_uint beats; /* worker: counts as long as it lives */
    _Alignas(4096) uint8_t data[RING_SIZE];
};

struct ring {
    struct ring_page *own;          /* mapped for writing */
    const struct ring_page *others; /* mapped for reading only */
    uint64_t wiped;                 /* of own: bytes ever overwritten again */
};

/* A memfd for one page, which can neither shrink nor grow, mapped for writing. only_writer: it
 * cannot be mapped for writing again, which kernels before 5.1 cannot promise: that is FAILED. */
BASE_NODISCARD ingle_status ring_create(int *fd, struct ring_page **page, ingle_error *err);
BASE_NODISCARD ingle_status ring_protect(int fd, ingle_error *err);

/* Maps what somebody else made. INVALID if it is no such memory. */
BASE_NODISCARD ingle_status ring_map(const struct ring_page **page, int fd, ingle_error *err);
BASE_NODISCARD ingle_status ring_map_own(struct ring_page **page, int fd, ingle_error *err);
void ring_unmap(const struct ring_page *page);

/* Bytes that may be written / read now; *broken if the other side's counters cannot be. */
size_t ring_room(const struct ring *r, bool *broken);
size_t ring_filled(const struct ring *r, bool *broken);

/* size bytes, at most what ring_room() said: they are not seen before ring_publish(), at which
 * `at` begins again at 0. */
void ring_put(struct ring *r, size_t at, const void *data, size_t size);
void ring_publish(struct ring *r, size_t size);

/* Overwrites what was written and has been taken. */
void ring_wipe(struct ring *r);

/* size bytes, at most what ring_filled() said, copied out; their room is given back by
 * ring_release(). */
void ring_get(const struct ring *r, size_t at, void *data, size_t size);
void ring_release(struct ring *r, size_t size);

#endif
