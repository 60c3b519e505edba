/* Memory for what a person wrote: left out of core dumps, zero in a process that forks off, kept
 * out of the swap space as far as the system allows so much, and wiped when it is freed. Keys have
 * stricter memory (crypt_secret_new()), of which there is little. */
#ifndef INGLE_GUARD_VAULT_PRIVATE_MEMORY_H
#define INGLE_GUARD_VAULT_PRIVATE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A zeroed one, or one with room for nothing, is valid and empty. */
struct private_memory {
    uint8_t *data;
    size_t cap;
};

/* Makes room for so many bytes. What was there is wiped, not kept, if it was too small. */
BASE_NODISCARD ingle_status private_memory_reserve(struct private_memory *m, size_t size,
                                                   ingle_error *err);

void private_memory_wipe(struct private_memory *m);  /* zeros; the room stays */
void private_memory_clear(struct private_memory *m); /* wipes and frees */

#endif
