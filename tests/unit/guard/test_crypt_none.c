/* guard/vault/crypt_none: a build without libsodium says so, and makes nothing on the disk. */
#include "guard/vault/crypt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_key_can_be_opened_or_made)};
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
