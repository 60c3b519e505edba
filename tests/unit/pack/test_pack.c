/* What every pack has in common: what is no pack is refused with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/format/gguf_write.h"
#include "ingle/pack.h"
#include "support/refusal.h"

struct head {
    const char *architecture, *kind;
    uint32_t version;
    size_t n_labels;
    const char *name_key; /* "general.name", or another */
};

static const struct head good = {"ingle-pack", "classifier", 1, 2, "general.name"};

/* A file with the head only; opened from memory. */
static ingle_status open_head(struct head h, ingle_error *err) {
    struct gguf_write w;
    gguf_write_init(&w, (size_t)1 << 20);
    static const struct gguf_str labels[] = {{"yes", 3}, {"", 0}};
    if (h.architecture) gguf_write_str(&w, "general.architecture", h.architecture);
    if (h.kind) gguf_write_str(&w, "ingle.kind", h.kind);
    if (h.version) gguf_write_u32(&w, "ingle.version", h.version);
    if (h.n_labels) gguf_write_strs(&w, "ingle.labels", labels, h.n_labels);
    if (h.name_key) gguf_write_u32(&w, h.name_key, 5);
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    assert_int_equal(gguf_write_finish(&w, &out, NULL), INGLE_OK);
    void *aligned = mem_aligned(64, out.size);
    assert_non_null(aligned);
    memcpy(aligned, out.data, out.size);
    ingle_pack *pack;
    mark_error(err);
    ingle_status status = ingle_pack_open_memory(&pack, aligned, out.size, "the pack", err);
    assert_null(pack);
    buf_clear(&out);
    mem_free(aligned);
    return status;
}

static void what_is_no_pack_is_told_so(void **state) {
    (void)state;
    ingle_error err;
    struct head h = good;
    h.architecture = "llama";
    expect_refusal(open_head(h, &err), INGLE_UNSUPPORTED, &err, "its architecture is 'llama'");
    h.architecture = NULL;
    expect_refusal(open_head(h, &err), INGLE_UNSUPPORTED, &err, "no pack");
    h = good;
    h.kind = "oracle";
    expect_refusal(open_head(h, &err), INGLE_UNSUPPORTED, &err, "'oracle'");
    h = good;
    h.version = 77;
    expect_refusal(open_head(h, &err), INGLE_UNSUPPORTED, &err, "version 77");
    h.version = 0;
    expect_refusal(open_head(h, &err), INGLE_INVALID, &err, "ingle.version");
}

static void labels_and_names_are_strings(void **state) {
    (void)state;
    ingle_error err;
    expect_refusal(open_head(good, &err), INGLE_INVALID, &err, "general.name");
    struct head h = good;
    h.name_key = NULL;
    expect_refusal(open_head(h, &err), INGLE_INVALID, &err, "ingle.labels");
    h.n_labels = 0;
    expect_refusal(open_head(h, &err), INGLE_INVALID, &err, "ingle.labels");
}

static void arguments_are_checked(void **state) {
    (void)state;
    ingle_error err;
    ingle_pack *pack;
    static _Alignas(64) const char bytes[64] = "GGUF";
    mark_error(&err);
    expect_refusal(ingle_pack_open(NULL, "x", &err), INGLE_BAD_ARGUMENT, &err, "out");
    expect_refusal(ingle_pack_open(&pack, NULL, &err), INGLE_BAD_ARGUMENT, &err, "path");
    expect_refusal(ingle_pack_open(&pack, "no/such.pack", &err), INGLE_NOT_FOUND, &err, "no/such");
    expect_refusal(ingle_pack_open_memory(&pack, bytes + 1, 8, "x", &err), INGLE_BAD_ARGUMENT, &err,
                   "aligned");
    expect_refusal(ingle_pack_open_memory(&pack, bytes, 8, "x", &err), INGLE_INVALID, &err, "x");
    ingle_classification found;
    expect_refusal(ingle_classify(NULL, "a", 1, NULL, 0, &found, &err), INGLE_BAD_ARGUMENT, &err,
                   "classifier");
    float vector[1];
    expect_refusal(ingle_encode(NULL, "a", 1, vector, &err), INGLE_BAD_ARGUMENT, &err, "encoder");
    assert_null(ingle_pack_label(NULL, 0));
    assert_string_equal(ingle_pack_get_info(NULL).name, "");
    ingle_pack_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_pack_is_told_so),
        cmocka_unit_test(labels_and_names_are_strings),
        cmocka_unit_test(arguments_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
