#include "support/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/files.h"
#include "support/folder.h"

struct vault_key *vault_key_of(uint8_t byte) {
    struct vault_key *key;
    char name[16], path[128];
    uint8_t bytes[32];
    ingle_error err;
    snprintf(name, sizeof name, "key-%02x", byte);
    (void)mkdir(folder_file(name), 0700);
    snprintf(path, sizeof path, "%s/vault.key", folder_file(name));
    memset(bytes, byte, sizeof bytes);
    file_write(path, bytes, sizeof bytes);
    if (vault_key_open_file(&key, folder_file(name), &err) != INGLE_OK) fail_msg("%s", err.msg);
    return key;
}

void fill(void *data, size_t size, uint64_t seed) {
    struct rng r;
    rng_init(&r, seed);
    for (size_t i = 0; i < size; i++) ((uint8_t *)data)[i] = (uint8_t)rng_u32(&r);
}

void seal(const char *path, const struct sealed_as *as, const void *data, size_t size) {
    struct sealed_writer *w;
    ingle_error err;
    if (sealed_writer_open(&w, path, as, &err) != INGLE_OK) fail_msg("%s", err.msg);
    bool ok = sealed_write(data, size, w);
    ingle_status status = sealed_writer_commit(w, &err);
    if (status != INGLE_OK) fail_msg("%s", err.msg);
    assert_true(ok);
}

ingle_status unseal(const char *path, const struct sealed_as *as, void *data, size_t size,
                    ingle_error *err) {
    struct sealed_reader *r;
    INGLE_TRY(sealed_reader_open(&r, path, as, err));
    bool ok = sealed_read(data, size, r);
    ingle_status status = sealed_reader_finish(r, err);
    if (status == INGLE_OK) assert_true(ok);
    sealed_reader_close(r);
    return status;
}
