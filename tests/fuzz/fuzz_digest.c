/* Lines of notifications: whatever they are, all that is read is in the digest once, what is shown
 * is UTF-8 without control characters, and the secrets found are in order, apart from each other.
 * The bytes are taken as lines of JSON, and once more as the markup of one body. */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "task/digest_clean.h"
#include "task/digest_read.h"
#include "task/secrets.h"

#define MAX_SIZE 65536

static void check_line(const char *text) {
    size_t len = strlen(text);
    FUZZ_REQUIRE(utf8_is_valid(text, len));
    for (size_t i = 0, n; i < len; i += n) {
        FUZZ_REQUIRE(!utf8_is_control(utf8_next(text + i, len - i, &n)));
    }
}

static bool on_group(const ingle_digest_group *group, void *user) {
    size_t *n = user;
    *n += group->n;
    check_line(group->app);
    check_line(group->conversation);
    check_line(group->text);
    FUZZ_REQUIRE(group->n > 0 && group->n_merged < group->n);
    return true;
}

static void check_digest(const char *text, size_t len) {
    struct digest_batch batch = {0};
    ingle_error err = {0};
    ingle_tasks *tasks;
    FUZZ_REQUIRE(digest_read(&batch, text, len, "the input", &err) == INGLE_OK);
    FUZZ_REQUIRE((batch.n_bad > 0) == (batch.first_bad.msg[0] != '\0'));
    FUZZ_REQUIRE(ingle_tasks_new(&tasks, NULL, NULL) == INGLE_OK);
    size_t n = 0;
    ingle_digest_options opt = ingle_digest_options_default();
    ingle_digest_result result;
    opt.on_group = on_group;
    opt.user = &n;
    FUZZ_REQUIRE(ingle_digest(tasks, batch.items, batch.n, &opt, &result, NULL) == INGLE_OK);
    FUZZ_REQUIRE(n == batch.n && result.n == batch.n);
    ingle_tasks_free(tasks);
    digest_batch_clear(&batch);
}

static void check_secrets(const char *text, size_t len) {
    struct buf line, shown;
    struct secret_finder f;
    buf_init(&line, 4 * DIGEST_CLEAN_MAX);
    buf_init(&shown, 64 * DIGEST_CLEAN_MAX);
    digest_clean(&line, text, len, true);
    secrets_init(&f);
    if (line.size) {
        check_line(line.data);
        FUZZ_REQUIRE(secrets_find(&f, line.data, line.size, NULL) == INGLE_OK);
        for (size_t i = 0; i < f.n; i++) {
            FUZZ_REQUIRE(f.found[i].from < f.found[i].to && f.found[i].to <= line.size);
            if (i > 0) FUZZ_REQUIRE(f.found[i - 1].to < f.found[i].from);
        }
        secrets_put(&f, &shown, line.data, 0, line.size);
        FUZZ_REQUIRE(!buf_failed(&shown));
        if (shown.size) check_line(shown.data);
    }
    secrets_clear(&f);
    buf_clear(&line);
    buf_clear(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MAX_SIZE) return 0;
    uint64_t live = mem_live();
    check_digest((const char *)data, size);
    check_secrets((const char *)data, size);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
