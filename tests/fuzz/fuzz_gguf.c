/* Any bytes as a model file: refused with a sentence, or all that it says can be read. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/format/gguf.h"
#include "fuzz/fuzz.h"
#include "ingle/model.h"

static volatile uint64_t sink; /* so that no read is dropped */

static void read_kv(const struct gguf *g, const struct gguf_kv *kv) {
    struct gguf_str text = {0};
    size_t cursor = 0;
    uint64_t n_strings = 0;
    FUZZ_REQUIRE(kv->key.len > 0 && kv->type < GGUF_N_VALUE_TYPES && kv->type != GGUF_ARRAY);
    FUZZ_REQUIRE(kv->is_array || kv->count == 1);
    for (; gguf_next_str(kv, &cursor, &text); n_strings++)
        if (text.len) sink += (uint8_t)text.data[0] + (uint8_t)text.data[text.len - 1];
    FUZZ_REQUIRE(n_strings == (kv->type == GGUF_STRING ? kv->count : 0));
    for (uint64_t i = 0; i < kv->count + 1; i++) {
        int64_t whole;
        double number;
        if (gguf_get_int(kv, i, &whole)) FUZZ_REQUIRE(i < kv->count);
        if (gguf_get_float(kv, i, &number)) FUZZ_REQUIRE(i < kv->count);
    }
    char *key = mem_strndup(kv->key.data, kv->key.len);
    if (key && strlen(key) == kv->key.len) FUZZ_REQUIRE(gguf_find(g, key) == kv);
    mem_free(key);
}

static void read_tensor(const struct gguf *g, const struct gguf_tensor *t) {
    FUZZ_REQUIRE(t->size > 0 && t->offset < gguf_file_size(g));
    FUZZ_REQUIRE(t->size <= gguf_file_size(g) - t->offset);
    FUZZ_REQUIRE(gguf_type_info(t->type).name != NULL);
    sink += t->data[0] + t->data[t->size - 1];
    char *name = mem_strndup(t->name.data, t->name.len);
    if (name && strlen(name) == t->name.len) FUZZ_REQUIRE(gguf_find_tensor(g, name) == t);
    mem_free(name);
}

static void check_error(ingle_status status, const ingle_error *err) {
    FUZZ_REQUIRE(status == INGLE_INVALID || status == INGLE_UNSUPPORTED ||
                 status == INGLE_NOT_FOUND || status == INGLE_NO_MEMORY);
    FUZZ_REQUIRE(err->code == status && memchr(err->msg, 0, sizeof err->msg) && err->msg[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    uint64_t live = mem_live();
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct gguf *g;
    ingle_error err = {0};
    ingle_status status = gguf_open(&g, path, &err);
    if (status == INGLE_OK) {
        for (size_t i = 0; i < gguf_n_kvs(g); i++) read_kv(g, gguf_kv_at(g, i));
        for (size_t i = 0; i < gguf_n_tensors(g); i++) read_tensor(g, gguf_tensor_at(g, i));
        gguf_close(g);
        ingle_model_options opt = ingle_model_options_default();
        ingle_model *model;
        opt.n_threads = 1;
        opt.vocab_only = size % 2 == 0;
        status = ingle_model_open(&model, path, &opt, &err);
        if (status == INGLE_OK)
            ingle_model_close(model);
        else
            check_error(status, &err);
    } else {
        check_error(status, &err);
    }
    close(fd);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
