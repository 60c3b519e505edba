/* guard/vault/crypt_none: a build without libsodium says so, and makes nothing on the disk. */
#include "guard/vault/crypt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "guard/vault/private_memory.h"
#include "guard/vault/vault_key.h"
#include "support/folder.h"
#include "support/refusal.h"

static void no_key_can_be_opened_or_made(void **state) {
    struct vault_key *key = (struct vault_key *)state;
    ingle_error err = {0};
    ingle_status status = vault_key_open_file(&key, folder_file("keys"), &err);
    expect_refusal(status, INGLE_UNSUPPORTED, &err, "built without libsodium");
    assert_null(key);
    assert_int_equal(access(folder_file("keys"), F_OK), -1);
    assert_int_equal(mem_live(), 0);
    vault_key_close(NULL);
}

/* As a passphrase lies in it that is read before it is known that there is no vault. */
static void private_memory_is_wiped_all_the_same(void **state) {
    (void)state;
    struct private_memory m = {0};
    assert_int_equal(private_memory_reserve(&m, 100, NULL), INGLE_OK);
    memset(m.data, 7, 100);
    private_memory_wipe(&m);
    for (size_t i = 0; i < m.cap; i++) assert_int_equal(m.data[i], 0);
    private_memory_clear(&m);
    assert_null(m.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_can_be_opened_or_made),
        cmocka_unit_test(private_memory_is_wiped_all_the_same),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
