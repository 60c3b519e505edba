/* Any bytes as a checkpoint of a training run: refused, or all that it says is true of its bytes.
 * The first byte says whether what follows is given a seal that fits, without which little gets
 * far. */
#include <string.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "learn/text/text_checkpoint.h"

#define N_AT 56 /* of the count of floats */
#define HEAD 96

static void check(const uint8_t *file, size_t size) {
    struct text_checkpoint c;
    ingle_error err = {0};
    ingle_status status = text_checkpoint_read(&c, file, size, "file", &err);
    if (status != INGLE_OK) {
        FUZZ_REQUIRE(status == INGLE_INVALID && err.code == status);
        FUZZ_REQUIRE(strncmp(err.msg, "'file' is no checkpoint", 23) == 0);
        return;
    }
    struct transformer_hparams hp = text_run_hparams(&c.opt, c.n_vocab);
    FUZZ_REQUIRE(transformer_check(&hp, NULL) == INGLE_OK);
    FUZZ_REQUIRE(transformer_n_floats(&hp) == c.n && c.n <= size / (3 * sizeof(float)));
    FUZZ_REQUIRE(c.floats == file + HEAD && c.step >= 0 && c.seconds >= 0.0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    uint8_t *file = mem_alloc(size);
    FUZZ_REQUIRE(file);
    memcpy(file, data + 1, size - 1);
    check(file, size - 1);
    uint64_t n;
    if (data[0] & 1 && size - 1 >= HEAD + 8) {
        n = (size - 1 - HEAD - 8) / (3 * sizeof(float));
        memcpy(file + N_AT, &n, sizeof n);
        size_t whole = HEAD + (size_t)n * 3 * sizeof(float);
        uint64_t seal = text_checkpoint_seal(file, n);
        memcpy(file + whole, &seal, sizeof seal);
        check(file, whole + sizeof seal);
    }
    mem_free(file);
    return 0;
}
