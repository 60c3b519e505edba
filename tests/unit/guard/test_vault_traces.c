/* What the vault leaves behind: in its files nothing that can be read, after forgetting nothing at
 * all, and in memory, after closing, neither words nor keys. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "guard/vault/private_memory.h"
#include "guard/vault/vault_internal.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/sanitized.h"
#include "support/vault_store.h"

#define PIECE 16

/* ---- files ---- */

static bool has(const uint8_t *data, size_t size, const void *word, size_t len) {
    return memmem(data, size, word, len) != NULL;
}

/* In how many files of the folder these bytes are. */
static int files_with(const struct vault_where *where, const void *word, size_t len) {
    int n = 0;
    DIR *d = opendir(where->folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        char path[600];
        size_t size;
        if (strncmp(e->d_name, "vault.db", 8) != 0) continue;
        snprintf(path, sizeof path, "%s/%s", where->folder, e->d_name);
        uint8_t *data = file_read(path, &size);
        n += has(data, size, word, len);
        free(data);
    }
    (void)closedir(d);
    return n;
}

static void the_files_have_no_word_of_it(void **state) {
    (void)state;
    struct vault_where where = store_where("canary");
    store_make(&where, VAULT_LOCK_PASSPHRASE);
    struct vault *v = store_open(&where);
    uint32_t number = store_begin(v, "canary-title");
    for (int i = 0; i < 50; i++) store_append(v, number, "canary-message");
    assert_int_equal(vault_rename(v, number, "canary-other", 12, NULL), INGLE_OK);
    const struct vault_task task = {.name = "canary-task",
                                    .name_len = 11,
                                    .input = "canary-input",
                                    .input_len = 12,
                                    .output = "canary-output",
                                    .output_len = 13};
    assert_int_equal(vault_task_append(v, &task, NULL), INGLE_OK);
    assert_int_equal(files_with(&where, "canary", 6), 0);
    assert_int_equal(files_with(&where, v->key->bytes, PIECE), 0);
    assert_int_equal(files_with(&where, STORE_PASSPHRASE, strlen(STORE_PASSPHRASE)), 0);
    vault_close(v);
    assert_int_equal(files_with(&where, "canary", 6), 0);
    assert_true(files_with(&where, "SQLite format 3", 15) >= 1); /* they were looked into */
}

/* ---- forgetting ---- */

struct body {
    size_t size;
    uint8_t *data;
};

static size_t copy_bodies(struct body *out, size_t cap, const struct vault_where *where,
                          const char *sql) {
    sqlite3 *s;
    sqlite3_stmt *rows;
    size_t n = 0;
    assert_int_equal(sqlite3_open(store_path(where), &s), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(s, sql, -1, &rows, NULL), SQLITE_OK);
    for (; sqlite3_step(rows) == SQLITE_ROW; n++) {
        assert_true(n < cap);
        out[n].size = (size_t)sqlite3_column_bytes(rows, 0);
        out[n].data = malloc(out[n].size + 1);
        assert_non_null(out[n].data);
        memcpy(out[n].data, sqlite3_column_blob(rows, 0), out[n].size);
    }
    (void)sqlite3_finalize(rows);
    assert_int_equal(sqlite3_close(s), SQLITE_OK);
    return n;
}

/* How many pieces of the bodies are in any file. */
static int count_pieces(const struct body *bodies, size_t n, const struct vault_where *where) {
    int n_found = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at + PIECE <= bodies[i].size; at += PIECE) {
            n_found += files_with(where, bodies[i].data + at, PIECE) > 0;
        }
    }
    return n_found;
}

#define TALKS 60
#define FORGOTTEN 17

static void what_is_forgotten_leaves_neither_key_nor_ciphertext(void **state) {
    (void)state;
    struct vault_where where = store_where("forgotten");
    struct body bodies[64], key[1], others[TALKS];
    char sql[200], text[9000];
    store_make(&where, VAULT_LOCK_KEY_FILE);
    struct vault *v = store_open(&where);
    for (int i = 0; i < TALKS; i++) (void)store_begin(v, "talk");
    /* In turns, so that the rows of one lie between those of others, and some on pages of their
     * own. */
    for (int i = 0; i < 3; i++) {
        for (uint32_t k = FORGOTTEN - 3; k < FORGOTTEN + 3; k++) {
            memset(text, 'x', sizeof text);
            text[i == 1 ? 8000 : 300 * i] = '\0';
            store_append(v, k, text);
        }
    }
    snprintf(sql, sizeof sql,
             "SELECT body FROM record WHERE id >> 32 = %d UNION ALL "
             "SELECT body FROM conversation WHERE id = %d",
             FORGOTTEN, FORGOTTEN);
    size_t n = copy_bodies(bodies, BASE_COUNT(bodies), &where, sql);
    assert_int_equal(n, 4);
    snprintf(sql, sizeof sql, "SELECT body FROM wrapped WHERE id = %d", FORGOTTEN);
    assert_int_equal(copy_bodies(key, 1, &where, sql), 1);
    assert_int_equal(copy_bodies(others, TALKS, &where, "SELECT body FROM wrapped"), TALKS);
    assert_true(count_pieces(bodies, n, &where) > 500);
    assert_int_equal(count_pieces(key, 1, &where), VAULT_WRAPPED_SIZE / PIECE);

    assert_int_equal(vault_forget(v, FORGOTTEN, NULL), INGLE_OK);
    assert_int_equal(count_pieces(key, 1, &where), 0);
    assert_int_equal(count_pieces(bodies, n, &where), 0);
    assert_int_equal(count_pieces(others, TALKS, &where),
                     (TALKS - 1) * (VAULT_WRAPPED_SIZE / PIECE));
    vault_close(v);
    for (size_t i = 0; i < n; i++) free(bodies[i].data);
    for (size_t i = 0; i < TALKS; i++) free(others[i].data);
    free(key[0].data);
}

/* Between the commit and the scrubbing the process is killed: the next one sees to it. */
static void what_a_killed_process_left_is_scrubbed(void **state) {
    (void)state;
    struct vault_where where = store_where("killed");
    char journal[300];
    static uint8_t left[9000];
    store_make(&where, VAULT_LOCK_KEY_FILE);
    struct vault *v = store_open(&where);
    store_append(v, store_begin(v, "talk"), "text");
    vault_close(v);
    snprintf(journal, sizeof journal, "%s-journal", store_path(&where));
    memset(left + 512, 'k', sizeof left - 512); /* the header of a journal that is none: zeros */
    file_write(journal, left, sizeof left);
    vault_close(store_open(&where));
    assert_int_equal(files_with(&where, left + 4000, PIECE), 1);
    store_sql(&where, "PRAGMA journal_mode = MEMORY; INSERT INTO meta VALUES (2, x'')");
    for (int i = 0; i < 2; i++) {
        v = store_open(&where);
        assert_int_equal(files_with(&where, left + 4000, PIECE), 0);
        ingle_status status;
        assert_string_equal(store_read(v, 1, &status, NULL), "text");
        bool is_due = true;
        assert_int_equal(vault_db_begin(v->db, false, NULL), INGLE_OK);
        assert_int_equal(vault_scrub_is_due(&is_due, v->db, NULL), INGLE_OK);
        assert_int_equal(vault_db_end(v->db, INGLE_OK, NULL), INGLE_OK);
        assert_false(is_due);
        vault_close(v);
    }
}

static void an_old_lock_leaves_nothing_of_itself(void **state) {
    (void)state;
    struct vault_where where = store_where("changed");
    struct vault_passphrase old = {STORE_PASSPHRASE, strlen(STORE_PASSPHRASE)};
    struct vault_lock_with with = {
        .lock = VAULT_LOCK_PASSPHRASE, .passphrase = {"another one", 11}, .is_cheap = true};
    struct body slot[1] = {{0}};
    struct vault *v;
    store_make(&where, VAULT_LOCK_PASSPHRASE);
    v = store_open(&where);
    store_append(v, store_begin(v, "talk"), "kept");
    vault_close(v);
    assert_int_equal(copy_bodies(slot, 1, &where, "SELECT body FROM slot"), 1);
    assert_non_null(slot[0].data);
    if (!slot[0].data) return;                                      /* for the analyser */
    assert_int_equal(files_with(&where, slot[0].data + 16, 88), 1); /* salt, wrapped key */
    assert_int_equal(vault_change_lock(&where, &old, &with, NULL), INGLE_OK);
    for (size_t at = 16; at + 8 <= 104; at += 8) {
        assert_int_equal(files_with(&where, slot[0].data + at, 8), 0);
    }
    free(slot[0].data);
    assert_int_equal(vault_open(&v, &where, &old, NULL), INGLE_REFUSED);
    assert_int_equal(vault_open(&v, &where, &with.passphrase, NULL), INGLE_OK);
    ingle_status status;
    assert_string_equal(store_read(v, 1, &status, NULL), "kept");
    vault_close(v);
}

static void forgetting_all_leaves_no_file(void **state) {
    (void)state;
    struct vault_where where = store_where("all");
    store_make(&where, VAULT_LOCK_PASSPHRASE);
    struct vault *v = store_open(&where);
    store_append(v, store_begin(v, "talk"), "text");
    vault_close(v);
    /* A name that outlives the vault shows what became of its bytes. */
    char other[300];
    size_t size;
    snprintf(other, sizeof other, "%s-link", store_path(&where));
    assert_int_equal(link(store_path(&where), other), 0);
    assert_int_equal(vault_forget_all(&where, NULL), INGLE_OK);
    assert_int_equal(folder_count(where.folder, "vault.db"), 1);
    uint8_t *left = file_read(other, &size);
    assert_int_equal(size, 0);
    free(left);
    assert_int_equal(vault_forget_all(&where, NULL), INGLE_NOT_FOUND);
}

/* ---- memory ---- */

#define MASK 0x5a

/* Nobody has these words in memory: they are masked, and are compared byte by byte. */
struct word {
    size_t len;
    uint8_t masked[64];
};

static void mask_word(struct word *w, const void *bytes, size_t len) {
    w->len = len;
    for (size_t i = 0; i < len; i++) w->masked[i] = ((const uint8_t *)bytes)[i] ^ MASK;
}

static size_t count_in(const uint8_t *data, size_t size, const struct word *w) {
    size_t n = 0;
    for (size_t i = 0; i + w->len <= size; i++) {
        size_t k = 0;
        while (k < w->len && data[i + k] == (w->masked[k] ^ MASK)) k++;
        n += k == w->len;
    }
    return n;
}

static uint8_t piece[1 << 16]; /* of memory; this is itself not looked into */

static size_t count_in_region(int mem, uint64_t from, uint64_t to, const struct word *w) {
    size_t n = 0;
    for (uint64_t at = from; at < to; at += sizeof piece - 64) {
        size_t want = to - at < sizeof piece ? (size_t)(to - at) : sizeof piece;
        ssize_t got = pread(mem, piece, want, (off_t)at);
        if (got <= 0) break; /* guard pages, [vvar] */
        /* What lies across the end of a piece is found with the next one. */
        size_t size = (size_t)got;
        n += count_in(piece, size, w);
        if (size < want) break;
    }
    memset(piece, 0, sizeof piece);
    return n;
}

/* "55d0c000-55d0e000 r--p ..." */
static bool read_range(const char *line, uint64_t *from, uint64_t *to) {
    char *end;
    *from = strtoull(line, &end, 16);
    if (end == line || *end != '-') return false;
    const char *second = end + 1;
    *to = strtoull(second, &end, 16);
    return end != second && *end == ' ';
}

/* How often it is in this process's memory. */
static size_t count_in_memory(const struct word *w) {
    FILE *maps = fopen("/proc/self/maps", "r");
    int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    size_t n = 0;
    if (!maps || mem < 0) _exit(99);
    while (fgets(line, sizeof line, maps)) {
        uint64_t from, to;
        if (!read_range(line, &from, &to)) continue;
        uint64_t mine = (uint64_t)(uintptr_t)piece;
        if (mine >= from && mine < to) {
            n += count_in_region(mem, from, mine, w);
            from = mine + sizeof piece;
        }
        n += count_in_region(mem, from, to, w);
    }
    fclose(maps);
    close(mem);
    return n;
}

/* "<what> of this very run", from a number, so that it is in no binary. */
static void make_word(char out[48], const char *what, unsigned number) {
    int len = snprintf(out, 48, "%s ", what);
    for (int i = len; i < 40; i++) {
        number = number * 1103515245 + 12345;
        out[i] = (char)('a' + number / 65536 % 26);
    }
    out[40] = '\0';
}

struct seen {
    const struct word *word;
    size_t n;
};

static bool look(const struct vault_record *record, void *user) {
    struct seen *s = user;
    if (record->size == s->word->len) s->n += count_in_memory(s->word);
    return true;
}

static bool look_at_title(const struct vault_entry *entry, void *user) {
    struct seen *s = user;
    if (entry->title_len == s->word->len) s->n += count_in_memory(s->word);
    return true;
}

enum { MESSAGE, TITLE, PASSPHRASE, KEY, TASK, WORDS };
static const char *const word_names[] = {"a message", "a title", "the passphrase", "the key",
                                         "a task's text"};

/* In a child: what it finds is its exit code. */
static int use_and_close(const struct vault_where *where) {
    struct word words[WORDS];
    char text[48];
    struct vault_lock_with with = {.lock = VAULT_LOCK_PASSPHRASE, .is_cheap = true};
    struct vault *v;
    uint32_t number = 0;
    make_word(text, "pass", 3);
    mask_word(&words[PASSPHRASE], text, 40);
    with.passphrase = (struct vault_passphrase){text, 40};
    if (vault_turn_on(where, &with, NULL) != INGLE_OK) return 90;
    if (vault_open(&v, where, &with.passphrase, NULL) != INGLE_OK) return 91;
    mask_word(&words[KEY], v->key->bytes, CRYPT_KEY_SIZE);
    make_word(text, "title", 2);
    mask_word(&words[TITLE], text, 40);
    if (vault_begin(v, &number, text, 40, NULL) != INGLE_OK) return 92;
    make_word(text, "words", 1);
    mask_word(&words[MESSAGE], text, 40);
    for (int i = 0; i < 20; i++) (void)!vault_append(v, number, text, 40, NULL);
    make_word(text, "task", 4);
    mask_word(&words[TASK], text, 40);
    const struct vault_task task = {.input = text, .input_len = 40};
    if (vault_task_append(v, &task, NULL) != INGLE_OK) return 93;
    memset(text, 0, sizeof text);
    __asm__ volatile("" : : "r"(text) : "memory");

    /* The search does find them while they are there. */
    struct seen message = {.word = &words[MESSAGE]}, title = {.word = &words[TITLE]};
    if (vault_read(v, number, look, &message, NULL) != INGLE_OK || message.n < 20) return 94;
    if (vault_list(v, look_at_title, &title, NULL) != INGLE_OK || title.n < 1) return 95;
    if (count_in_memory(&words[KEY]) < 1) return 96;
    vault_close(v);
    for (int i = 0; i < WORDS; i++) {
        size_t n = count_in_memory(&words[i]);
        if (n) {
            fprintf(stderr, "%zu times %s\n", n, word_names[i]);
            return 1 + i;
        }
    }
    return 0;
}

static void nothing_is_left_in_memory_after_closing(void **state) {
    (void)state;
    if (SANITIZED) skip(); /* the sanitizers keep copies of what is on the stack */
    struct vault_where where = store_where("memory");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(use_and_close(&where));
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    if (WEXITSTATUS(result)) {
        fail_msg("exit code %d: %s was found", WEXITSTATUS(result),
                 WEXITSTATUS(result) <= WORDS ? word_names[WEXITSTATUS(result) - 1] : "too little");
    }
}

static void private_memory_is_left_out_of_core_dumps(void **state) {
    (void)state;
    struct private_memory m = {0};
    assert_int_equal(private_memory_reserve(&m, 10000, NULL), INGLE_OK);
    assert_true(m.cap >= 10000);
    FILE *f = fopen("/proc/self/smaps", "r");
    assert_non_null(f);
    char line[512];
    bool is_inside = false, is_checked = false;
    while (fgets(line, sizeof line, f)) {
        uint64_t from, to;
        if (read_range(line, &from, &to)) {
            is_inside = from <= (uintptr_t)m.data && (uintptr_t)m.data < to;
        }
        if (is_inside && strncmp(line, "VmFlags:", 8) == 0) {
            is_checked = true;
            assert_non_null(strstr(line, " dd"));
            assert_non_null(strstr(line, " wf"));
        }
    }
    fclose(f);
    assert_true(is_checked);
    memset(m.data, 7, m.cap);
    uint8_t *before = m.data;
    assert_int_equal(private_memory_reserve(&m, 5000, NULL), INGLE_OK);
    assert_ptr_equal(m.data, before);
    private_memory_wipe(&m);
    assert_int_equal(m.data[0] | m.data[m.cap - 1], 0);
    private_memory_clear(&m);
    assert_null(m.data);
    assert_int_equal(private_memory_reserve(&m, SIZE_MAX, NULL), INGLE_NO_MEMORY);
    private_memory_clear(&m);
}

int main(void) {
    if (crypt_start(NULL) != INGLE_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_have_no_word_of_it),
        cmocka_unit_test(what_is_forgotten_leaves_neither_key_nor_ciphertext),
        cmocka_unit_test(what_a_killed_process_left_is_scrubbed),
        cmocka_unit_test(an_old_lock_leaves_nothing_of_itself),
        cmocka_unit_test(forgetting_all_leaves_no_file),
        cmocka_unit_test(nothing_is_left_in_memory_after_closing),
        cmocka_unit_test(private_memory_is_left_out_of_core_dumps),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
