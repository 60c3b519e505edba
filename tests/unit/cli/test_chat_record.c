/* cli/chat_record: whatever becomes of a conversation, its records make it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "cli/chat_record.h"
#include "support/refusal.h"

/* What the vault would hold. */
struct records {
    struct buf at[64];
    size_t n;
    size_t n_taken; /* after so many it refuses */
};

static ingle_status keep(const char *data, size_t size, void *user, ingle_error *err) {
    struct records *r = user;
    if (r->n == r->n_taken) return status_set(err, INGLE_LIMIT, 0, "There is no room.");
    assert_true(r->n < BASE_COUNT(r->at));
    buf_init(&r->at[r->n], SIZE_MAX / 2);
    assert_true(buf_add(&r->at[r->n++], data, size));
    return INGLE_OK;
}

static void clear(struct records *r) {
    for (size_t i = 0; i < r->n; i++) buf_clear(&r->at[i]);
    r->n = 0;
}

static void say(struct chat_messages *m, const char *role, const char *text) {
    assert_int_equal(chat_messages_say(m, role, text, strlen(text), NULL), INGLE_OK);
}

/* All records, read back, make these messages. */
static void expect_read_back(const struct records *r, const struct chat_messages *wanted) {
    struct chat_messages m = {0};
    for (size_t i = 0; i < r->n; i++) {
        assert_int_equal(chat_record_apply(&m, r->at[i].data, r->at[i].size, (int64_t)i + 1, NULL),
                         INGLE_OK);
    }
    assert_int_equal(m.n, wanted->n);
    assert_true(chat_record_is_same(&m, wanted));
    for (size_t i = 0; i < m.n; i++) {
        assert_string_equal(m.at[i].role, wanted->at[i].role);
        assert_string_equal(m.at[i].text, wanted->at[i].text);
        assert_true(m.at[i].time > 0);
    }
    chat_messages_clear(&m);
}

/* Brings the records up to date: n of them more, and all of them make the messages. */
static void update(struct records *r, struct chat_messages *kept, const struct chat_messages *m,
                   size_t n) {
    size_t before = r->n;
    assert_int_equal(chat_record_changes(kept, m, keep, r, NULL), INGLE_OK);
    assert_int_equal(r->n - before, n);
    assert_true(chat_record_is_same(kept, m));
    expect_read_back(r, m);
}

static void what_happens_to_a_conversation_is_few_records(void **state) {
    (void)state;
    struct records r = {.n_taken = SIZE_MAX};
    struct chat_messages m = {0}, kept = {0};
    update(&r, &kept, &m, 0);
    say(&m, "user", "one, with a \" and a }");
    update(&r, &kept, &m, 1);
    assert_memory_equal(r.at[0].data, m.at[0].json, m.at[0].json_len); /* as it is */
    say(&m, "assistant", "1");
    say(&m, "user", "two");
    say(&m, "assistant", "2");
    update(&r, &kept, &m, 3);
    update(&r, &kept, &m, 0);
    assert_int_equal(chat_messages_take(&m, 2, 2, NULL, NULL), INGLE_OK); /* /undo */
    update(&r, &kept, &m, 1);
    assert_string_equal(r.at[r.n - 1].data, "{\"at\": 2, \"removed\": 2}");
    assert_int_equal(chat_messages_set_system(&m, "S", 1, NULL), INGLE_OK); /* /system */
    update(&r, &kept, &m, 1);
    assert_int_equal(chat_messages_set_system(&m, "T", 1, NULL), INGLE_OK);
    update(&r, &kept, &m, 1);
    say(&m, "user", "three");
    update(&r, &kept, &m, 1);
    assert_int_equal(chat_messages_take(&m, 1, 2, NULL, NULL), INGLE_OK); /* summarised */
    assert_int_equal(chat_messages_set_system(&m, "T and a summary", 15, NULL), INGLE_OK);
    update(&r, &kept, &m, 1);
    chat_messages_clear(&m); /* /load of another */
    say(&m, "user", "a");
    say(&m, "assistant", "b");
    say(&m, "user", "three");
    update(&r, &kept, &m, 2);
    chat_messages_clear(&m);
    update(&r, &kept, &m, 1);
    clear(&r);
    chat_messages_clear(&kept);
}

static unsigned draw(unsigned n) {
    static unsigned number = 6;
    number = number * 1103515245 + 12345;
    return (number >> 16) % n;
}

/* Any messages after any others, also such as are there twice. */
static void any_change_is_read_back(void **state) {
    (void)state;
    struct records r = {.n_taken = SIZE_MAX};
    struct chat_messages kept = {0};
    static const char *const texts[] = {"a", "b", "c"};
    for (int i = 0; i < 3000; i++) {
        struct chat_messages m = {0};
        for (unsigned n = draw(5); n > 0; n--) say(&m, "user", texts[draw(3)]);
        if (r.n > 40) { /* and from the beginning */
            clear(&r);
            chat_messages_clear(&kept);
        }
        assert_int_equal(chat_record_changes(&kept, &m, keep, &r, NULL), INGLE_OK);
        expect_read_back(&r, &m);
        chat_messages_clear(&m);
    }
    clear(&r);
    chat_messages_clear(&kept);
}

static void what_was_refused_is_tried_again(void **state) {
    (void)state;
    struct records r = {.n_taken = 2};
    struct chat_messages m = {0}, kept = {0};
    ingle_error err;
    say(&m, "user", "1");
    say(&m, "assistant", "2");
    say(&m, "user", "3");
    say(&m, "assistant", "4");
    mark_error(&err);
    expect_refusal(chat_record_changes(&kept, &m, keep, &r, &err), INGLE_LIMIT, &err, "no room");
    assert_int_equal(kept.n, 2);
    r.n_taken = SIZE_MAX;
    update(&r, &kept, &m, 2);
    clear(&r);
    chat_messages_clear(&m);
    chat_messages_clear(&kept);
}

static void what_is_no_record_changes_nothing(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "7",
        "{\"role\": 7}",
        "{\"role\": \"user\", \"content\": \"x\"",
        "{\"at\": 3, \"removed\": 0}",
        "{\"at\": 1, \"removed\": 2}",
        "{\"at\": -1}",
        "{\"at\": 1.5}",
        "{\"at\": \"1\"}",
        "{\"at\": 99999999999999999999999}",
        "{\"removed\": 1}",
        "{\"at\": 0, \"removed\": 1, \"message\": 7}",
        "{\"at\": 0, \"removed\": 1, \"message\": {\"content\": \"x\"}}",
    };
    struct chat_messages m = {0}, same = {0};
    say(&m, "user", "1");
    say(&m, "assistant", "2");
    for (size_t i = 0; i < m.n; i++) {
        assert_int_equal(chat_messages_insert(&same, i, &m.at[i], NULL), INGLE_OK);
    }
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        assert_int_equal(chat_record_apply(&m, bad[i], strlen(bad[i]), 1, NULL), INGLE_INVALID);
        assert_true(chat_record_is_same(&m, &same));
    }
    /* A content that is no text is shown as it is. */
    static const char parts[] = "{\"role\": \"user\", \"content\": [{\"type\": \"text\"}]}";
    assert_int_equal(chat_record_apply(&m, parts, sizeof parts - 1, 1, NULL), INGLE_OK);
    assert_string_equal(m.at[2].text, parts);
    chat_messages_clear(&m);
    chat_messages_clear(&same);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_to_a_conversation_is_few_records),
        cmocka_unit_test(any_change_is_read_back),
        cmocka_unit_test(what_was_refused_is_tried_again),
        cmocka_unit_test(what_is_no_record_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
