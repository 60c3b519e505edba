#include "guard/vault/private_memory.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/size.h"

ingle_status private_memory_reserve(struct private_memory *m, size_t size, ingle_error *err) {
    size_t cap;
    if (size <= m->cap) return INGLE_OK;
    private_memory_clear(m);
    if (!round_up_size(&cap, size, (size_t)sysconf(_SC_PAGESIZE))) {
        return status_no_memory(err, "a record", size);
    }
    /* Through the allocator's gate first, so that tests can make this fail as well. */
    void *gate = mem_alloc(1);
    void *data = gate ? mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                      : MAP_FAILED;
    mem_free(gate);
    if (data == MAP_FAILED) return status_no_memory(err, "a record", size);
    /* Where the kernel has none of these, or no more to lock, the memory is used all the same. */
    (void)madvise(data, cap, MADV_DONTDUMP);
    (void)madvise(data, cap, MADV_WIPEONFORK);
    (void)mlock(data, cap);
    m->data = data;
    m->cap = cap;
    return INGLE_OK;
}

void private_memory_wipe(struct private_memory *m) {
    if (m->data) explicit_bzero(m->data, m->cap);
}

void private_memory_clear(struct private_memory *m) {
    if (!m->data) return;
    private_memory_wipe(m);
    (void)munmap(m->data, m->cap);
    *m = (struct private_memory){0};
}
