/* guard/vault/vault_key and vault_key_file: one key a folder, made once, kept from others. */
#include "guard/vault/vault_key.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "guard/vault/vault_key_internal.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/refusal.h"
#include "support/sanitized.h"
#include "support/vault.h"

#define N_ROUNDS 20
#define N_RACERS 8

static struct vault_key *open_key(const char *folder) {
    struct vault_key *key;
    ingle_error err;
    mark_error(&err);
    if (vault_key_open_file(&key, folder, &err) != INGLE_OK) fail_msg("%s", err.msg);
    expect_marked(&err);
    return key;
}

static void refuse(const char *folder, ingle_status code, const char *saying) {
    struct vault_key *key = (struct vault_key *)(uintptr_t)folder;
    ingle_error err = {0};
    uint64_t live = mem_live();
    int n_files = process_n_files();
    expect_refusal(vault_key_open_file(&key, folder, &err), code, &err, saying);
    assert_null(key);
    assert_int_equal(mem_live(), live);
    assert_int_equal(process_n_files(), n_files);
}

static void the_first_use_makes_a_key_and_every_other_finds_it(void **state) {
    (void)state;
    mode_t before = umask(0);
    struct vault_key *first = open_key(folder_file("first/keys"));
    umask(before);
    struct vault_key *again = open_key(folder_file("first/keys"));
    assert_memory_equal(first->bytes, again->bytes, CRYPT_KEY_SIZE);
    assert_int_equal(file_mode(folder_file("first/keys")), 0700);
    assert_int_equal(file_mode(folder_file("first/keys/vault.key")), 0600);
    assert_int_equal(file_size(folder_file("first/keys/vault.key")), CRYPT_KEY_SIZE);
    assert_int_equal(folder_count(folder_file("first/keys"), ""), 1);
    struct vault_key *other = open_key(folder_file("other/keys"));
    assert_memory_not_equal(first->bytes, other->bytes, CRYPT_KEY_SIZE);
    vault_key_close(first);
    vault_key_close(again);
    vault_key_close(other);
    vault_key_close(NULL);
}

static void derived_keys_differ_by_purpose_and_outlive_their_origin(void **state) {
    (void)state;
    struct vault_key *key = vault_key_of(1), *a, *b, *again;
    assert_int_equal(vault_key_derive(&a, key, "a", NULL), INGLE_OK);
    assert_int_equal(vault_key_derive(&b, key, "b", NULL), INGLE_OK);
    assert_int_equal(vault_key_derive(&again, key, "a", NULL), INGLE_OK);
    vault_key_close(key);
    assert_memory_equal(a->bytes, again->bytes, CRYPT_KEY_SIZE);
    assert_memory_not_equal(a->bytes, b->bytes, CRYPT_KEY_SIZE);
    vault_key_close(a);
    vault_key_close(b);
    vault_key_close(again);
}

static void a_key_file_that_others_can_read_is_refused(void **state) {
    (void)state;
    static const mode_t modes[] = {0604, 0640, 0644, 0660, 0606, 0610, 0777};
    char file[128];
    snprintf(file, sizeof file, "%s", folder_file("loose/vault.key"));
    vault_key_close(open_key(folder_file("loose")));
    for (size_t i = 0; i < BASE_COUNT(modes); i++) {
        char saying[64];
        assert_int_equal(chmod(file, modes[i]), 0);
        snprintf(saying, sizeof saying, "its mode is %03o and should be 600", modes[i]);
        refuse(folder_file("loose"), INGLE_REFUSED, saying);
    }
    assert_int_equal(chmod(file, 0400), 0);
    vault_key_close(open_key(folder_file("loose")));
    assert_int_equal(chmod(folder_file("loose"), 0750), 0);
    refuse(folder_file("loose"), INGLE_REFUSED, "its mode is 750 and should be 700");
}

static void a_key_file_of_another_user_is_refused(void **state) {
    (void)state;
    if (geteuid() != 0) skip(); /* nobody else can give files away */
    vault_key_close(open_key(folder_file("theirs")));
    assert_int_equal(chown(folder_file("theirs/vault.key"), NOBODY, (gid_t)-1), 0);
    refuse(folder_file("theirs"), INGLE_REFUSED, "belongs to another user");
}

static void what_is_no_key_is_refused(void **state) {
    (void)state;
    uint8_t bytes[CRYPT_KEY_SIZE + 1];
    char path[128];
    snprintf(path, sizeof path, "%s", folder_file("bad/vault.key"));
    memset(bytes, 7, sizeof bytes);
    assert_int_equal(mkdir(folder_file("bad"), 0700), 0);
    file_write(path, bytes, 0);
    refuse(folder_file("bad"), INGLE_INVALID, "has 0 bytes; a key has 32");
    file_write(path, bytes, CRYPT_KEY_SIZE - 1);
    refuse(folder_file("bad"), INGLE_INVALID, "has 31 bytes; a key has 32");
    file_write(path, bytes, CRYPT_KEY_SIZE + 1);
    refuse(folder_file("bad"), INGLE_INVALID, "has 33 bytes; a key has 32");
    memset(bytes, 0, sizeof bytes);
    file_write(path, bytes, CRYPT_KEY_SIZE);
    refuse(folder_file("bad"), INGLE_INVALID, "holds no key");
}

static void what_is_no_file_is_refused_without_waiting(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s", folder_file("odd/vault.key"));
    assert_int_equal(mkdir(folder_file("odd"), 0700), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    refuse(folder_file("odd"), INGLE_INVALID, "not a regular file");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    refuse(folder_file("odd"), INGLE_INVALID, "not a regular file");
    assert_int_equal(unlink(path), 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    refuse(folder_file("odd"), INGLE_INVALID, "not a regular file");
    close(fd);
    assert_int_equal(unlink(path), 0);
    /* A link is not followed, wherever it leads. */
    vault_key_close(vault_key_of(9));
    assert_int_equal(symlink("../key-09/vault.key", path), 0);
    refuse(folder_file("odd"), INGLE_INVALID, "not a regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    refuse(folder_file("odd"), INGLE_INVALID, "not a regular file");
    assert_int_equal(folder_count(folder_file("odd"), ""), 1);
}

static void a_key_that_cannot_be_written_leaves_nothing(void **state) {
    (void)state;
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    for (rlim_t limit = 0; limit < CRYPT_KEY_SIZE; limit += 31) { /* a full disk */
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = limit, .rlim_max = before.rlim_max});
        refuse(folder_file("full"), INGLE_LIMIT, limit ? "No space left" : "File too large");
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(folder_count(folder_file("full"), ""), 0);
    }
    vault_key_close(open_key(folder_file("full")));

    char folder[128];
    snprintf(folder, sizeof folder, "%s", folder_file("closed"));
    assert_int_equal(mkdir(folder, 0500), 0);
    assert_int_equal(chmod(folder_file("."), 0755), 0);
    bool is_root = geteuid() == 0;
    if (is_root) assert_int_equal(chown(folder, NOBODY, (gid_t)-1), 0);
    if (is_root) assert_int_equal(seteuid(NOBODY), 0);
    refuse(folder, INGLE_FAILED, "Permission denied");
    if (is_root) assert_int_equal(seteuid(0), 0);
}

/* ---- several processes ---- */

/* Each waits until the last one holds the other end closed, opens and tells what it got. */
static void race(const char *folder, uint8_t got[N_RACERS][CRYPT_KEY_SIZE]) {
    int start[2], result[2];
    pid_t children[N_RACERS];
    assert_int_equal(pipe(start), 0);
    assert_int_equal(pipe(result), 0);
    for (int i = 0; i < N_RACERS; i++) {
        children[i] = fork();
        if (children[i] != 0) continue;
        struct vault_key *key;
        char go;
        close(start[1]);
        if (read(start[0], &go, 1) != 0) _exit(1);
        if (vault_key_open_file(&key, folder, NULL) != INGLE_OK) _exit(2);
        /* Out of memory that has guards: write() may not read there under a sanitizer. */
        uint8_t bytes[CRYPT_KEY_SIZE];
        memcpy(bytes, key->bytes, sizeof bytes);
        vault_key_close(key);
        _exit(write(result[1], bytes, sizeof bytes) == sizeof bytes ? 0 : 3);
    }
    close(start[0]);
    close(start[1]);
    for (int i = 0; i < N_RACERS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
        assert_int_equal(read(result[0], got[i], CRYPT_KEY_SIZE), CRYPT_KEY_SIZE);
    }
    close(result[0]);
    close(result[1]);
}

static void all_who_come_at_once_get_the_same_key(void **state) {
    (void)state;
    for (int round = 0; round < N_ROUNDS; round++) {
        uint8_t got[N_RACERS][CRYPT_KEY_SIZE];
        char name[32];
        snprintf(name, sizeof name, "race-%d/keys", round);
        race(folder_file(name), got);
        for (int i = 1; i < N_RACERS; i++) assert_memory_equal(got[i], got[0], CRYPT_KEY_SIZE);
        assert_int_equal(folder_count(folder_file(name), ""), 1);
        struct vault_key *key = open_key(folder_file(name));
        assert_memory_equal(key->bytes, got[0], CRYPT_KEY_SIZE);
        vault_key_close(key);
    }
}

/* ---- the end of a key ---- */

static void an_erased_key_is_gone_and_the_next_one_is_another(void **state) {
    (void)state;
    struct vault_key *first = open_key(folder_file("erased"));
    assert_int_equal(vault_key_erase_file(folder_file("erased"), NULL), INGLE_OK);
    assert_int_equal(folder_count(folder_file("erased"), ""), 0);
    struct vault_key *second = open_key(folder_file("erased"));
    assert_memory_not_equal(first->bytes, second->bytes, CRYPT_KEY_SIZE);
    vault_key_close(first);
    vault_key_close(second);
}

static void the_bytes_of_an_erased_key_are_overwritten(void **state) {
    (void)state;
    uint8_t zeros[CRYPT_KEY_SIZE] = {0};
    size_t size;
    vault_key_close(open_key(folder_file("seen")));
    assert_int_equal(link(folder_file("seen/vault.key"), folder_file("second-name")), 0);
    assert_int_equal(vault_key_erase_file(folder_file("seen"), NULL), INGLE_OK);
    uint8_t *left = file_read(folder_file("second-name"), &size);
    assert_int_equal(size, CRYPT_KEY_SIZE);
    assert_memory_equal(left, zeros, CRYPT_KEY_SIZE);
    free(left);
}

static void only_what_is_there_can_be_erased(void **state) {
    (void)state;
    ingle_error err = {0};
    assert_int_equal(mkdir(folder_file("none"), 0700), 0);
    ingle_status status = vault_key_erase_file(folder_file("none"), &err);
    expect_refusal(status, INGLE_NOT_FOUND, &err, "No such file");
    status = vault_key_erase_file(folder_file("none/below"), &err);
    expect_refusal(status, INGLE_NOT_FOUND, &err, "No such file");
    assert_int_equal(access(folder_file("none/below"), F_OK), -1);
    /* Nor is it written to where a link leads. */
    file_write(folder_file("precious"), "precious", 8);
    assert_int_equal(symlink("../precious", folder_file("none/vault.key")), 0);
    status = vault_key_erase_file(folder_file("none"), &err);
    expect_refusal(status, INGLE_FAILED, &err, "erase the key file");
    size_t size;
    char *content = (char *)file_read(folder_file("precious"), &size);
    assert_memory_equal(content, "precious", size);
    free(content);
}

int main(void) {
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_use_makes_a_key_and_every_other_finds_it),
        cmocka_unit_test(derived_keys_differ_by_purpose_and_outlive_their_origin),
        cmocka_unit_test(a_key_file_that_others_can_read_is_refused),
        cmocka_unit_test(a_key_file_of_another_user_is_refused),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(what_is_no_file_is_refused_without_waiting),
        cmocka_unit_test(a_key_that_cannot_be_written_leaves_nothing),
        cmocka_unit_test(all_who_come_at_once_get_the_same_key),
        cmocka_unit_test(an_erased_key_is_gone_and_the_next_one_is_another),
        cmocka_unit_test(the_bytes_of_an_erased_key_are_overwritten),
        cmocka_unit_test(only_what_is_there_can_be_erased),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
