#include "worker/wire/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* linux-libc-dev of Debian 12 knows neither. */
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define NAME "ingle ring"

static ingle_status map(void **out, int fd, int protection, ingle_error *err) {
    struct stat st;
    *out = NULL;
    if (fstat(fd, &st) != 0) return status_errno(err, errno, "look at", NAME);
    int seals = fcntl(fd, F_GET_SEALS);
    bool is_fixed = seals >= 0 && (seals & F_SEAL_SHRINK) && (seals & F_SEAL_GROW);
    if (!is_fixed || st.st_size != (off_t)sizeof(struct ring_page)) {
        return status_set(err, INGLE_INVALID, 0, "This is no shared memory of a worker.");
    }
    void *page = mmap(NULL, sizeof(struct ring_page), protection, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) return status_errno(err, errno, "map", NAME);
    (void)madvise(page, sizeof(struct ring_page), MADV_DONTDUMP); /* words are in it */
    *out = page;
    return INGLE_OK;
}

/* Before 6.3 the kernel does not know MFD_NOEXEC_SEAL. */
static int make_memfd(void) {
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create(NAME, flags | MFD_NOEXEC_SEAL);
    return fd < 0 && errno == EINVAL ? memfd_create(NAME, flags) : fd;
}

static ingle_status fix_size(int fd, ingle_error *err) {
    if (ftruncate(fd, sizeof(struct ring_page)) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0) {
        return INGLE_OK;
    }
    return status_errno(err, errno, "make", NAME);
}

ingle_status ring_create(int *fd, struct ring_page **page, ingle_error *err) {
    *page = NULL;
    *fd = make_memfd();
    if (*fd < 0) return status_errno(err, errno, "make", NAME);
    ingle_status status = fix_size(*fd, err);
    if (status == INGLE_OK) status = ring_map_own(page, *fd, err);
    if (status == INGLE_OK) return INGLE_OK;
    close(*fd);
    *fd = -1;
    return status;
}

ingle_status ring_protect(int fd, ingle_error *err) {
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0) return INGLE_OK;
    return status_errno(err, errno, "seal", NAME);
}

ingle_status ring_map(const struct ring_page **page, int fd, ingle_error *err) {
    void *mapped;
    *page = NULL;
    INGLE_TRY(map(&mapped, fd, PROT_READ, err));
    *page = mapped;
    return INGLE_OK;
}

ingle_status ring_map_own(struct ring_page **page, int fd, ingle_error *err) {
    void *mapped;
    *page = NULL;
    INGLE_TRY(map(&mapped, fd, PROT_READ | PROT_WRITE, err));
    *page = mapped;
    return INGLE_OK;
}

void ring_unmap(const struct ring_page *page) {
    if (page) munmap((void *)(uintptr_t)page, sizeof *page);
}

size_t ring_room(const struct ring *r, bool *broken) {
    uint64_t written = atomic_load_explicit(&r->own->written, memory_order_relaxed);
    uint64_t taken = atomic_load(&r->others->read);
    if (written - taken <= RING_SIZE) return RING_SIZE - (size_t)(written - taken);
    *broken = true;
    return 0;
}

size_t ring_filled(const struct ring *r, bool *broken) {
    uint64_t taken = atomic_load_explicit(&r->own->read, memory_order_relaxed);
    uint64_t written = atomic_load(&r->others->written);
    if (written - taken <= RING_SIZE) return (size_t)(written - taken);
    *broken = true;
    return 0;
}

/* A piece that goes past the end of the data goes on at its beginning. */
static size_t first_part(uint64_t position, size_t size) {
    size_t to_end = RING_SIZE - (size_t)(position & (RING_SIZE - 1));
    return size < to_end ? size : to_end;
}

void ring_put(struct ring *r, size_t at, const void *data, size_t size) {
    uint64_t from = atomic_load_explicit(&r->own->written, memory_order_relaxed) + at;
    size_t first = first_part(from, size);
    memcpy(r->own->data + (from & (RING_SIZE - 1)), data, first);
    memcpy(r->own->data, (const uint8_t *)data + first, size - first);
}

void ring_publish(struct ring *r, size_t size) {
    atomic_fetch_add(&r->own->written, size);
}

void ring_wipe(struct ring *r) {
    bool broken = false;
    uint64_t taken = atomic_load_explicit(&r->own->written, memory_order_relaxed);
    if (ring_room(r, &broken) != RING_SIZE || broken) return; /* not yet */
    if (taken - r->wiped > RING_SIZE) r->wiped = taken - RING_SIZE;
    size_t size = (size_t)(taken - r->wiped), first = first_part(r->wiped, size);
    explicit_bzero(r->own->data + (r->wiped & (RING_SIZE - 1)), first);
    explicit_bzero(r->own->data, size - first);
    r->wiped = taken;
}

void ring_get(const struct ring *r, size_t at, void *data, size_t size) {
    uint64_t from = atomic_load_explicit(&r->own->read, memory_order_relaxed) + at;
    size_t first = first_part(from, size);
    memcpy(data, r->others->data + (from & (RING_SIZE - 1)), first);
    memcpy((uint8_t *)data + first, r->others->data, size - first);
}

void ring_release(struct ring *r, size_t size) {
    atomic_fetch_add(&r->own->read, size);
}
