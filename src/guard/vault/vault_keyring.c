/* By the system calls themselves: libkeyutils would be one more library for four of them. */
#include "guard/vault/vault_keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TYPE "user"
#define NAME_SIZE (sizeof "ingle:vault:" + 2 * VAULT_STORE_SIZE)

/* All for the owner, whether its session has the keyring or not; nothing for others. */
#define PERMISSIONS 0x3f3f0000

static void name_key(char out[NAME_SIZE], const uint8_t store[VAULT_STORE_SIZE]) {
    int n = snprintf(out, NAME_SIZE, "ingle:vault:");
    for (size_t i = 0; i < VAULT_STORE_SIZE; i++, n += 2) {
        snprintf(out + n, NAME_SIZE - (size_t)n, "%02x", store[i]);
    }
}

static long find(const uint8_t store[VAULT_STORE_SIZE]) {
    char name[NAME_SIZE];
    name_key(name, store);
    return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, TYPE, name, 0);
}

bool vault_keyring_is_there(void) {
    /* Where it is missing or forbidden this says ENOSYS, EPERM or EACCES. */
    return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1) > 0;
}

static ingle_status fail(ingle_error *err) {
    return status_set(err, INGLE_FAILED, 0,
                      "The vault cannot be kept unlocked in the kernel's keyring: %s.",
                      strerror(errno));
}

ingle_status vault_keyring_put(const uint8_t store[VAULT_STORE_SIZE],
                               const uint8_t key[CRYPT_KEY_SIZE], unsigned seconds,
                               ingle_error *err) {
    char name[NAME_SIZE];
    name_key(name, store);
    long id = syscall(SYS_add_key, TYPE, name, key, (size_t)CRYPT_KEY_SIZE, KEY_SPEC_USER_KEYRING);
    if (id < 0) return fail(err);
    if (syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, id, seconds) != 0 ||
        syscall(SYS_keyctl, KEYCTL_SETPERM, id, PERMISSIONS) != 0) {
        ingle_status status = fail(err);
        (void)syscall(SYS_keyctl, KEYCTL_UNLINK, id, KEY_SPEC_USER_KEYRING);
        return status;
    }
    return INGLE_OK;
}

bool vault_keyring_get(uint8_t key[CRYPT_KEY_SIZE], const uint8_t store[VAULT_STORE_SIZE]) {
    long id = find(store);
    if (id < 0) return false;
    /* What is longer is not copied, but its length is said. */
    long size = syscall(SYS_keyctl, KEYCTL_READ, id, key, (size_t)(key ? CRYPT_KEY_SIZE : 0));
    if (key && size == CRYPT_KEY_SIZE) BASE_WRITTEN(key, CRYPT_KEY_SIZE);
    return size == CRYPT_KEY_SIZE;
}

bool vault_keyring_drop(const uint8_t store[VAULT_STORE_SIZE]) {
    long id = find(store);
    if (id < 0) return true;
    /* Revoked, it is of no use to who has found it already. */
    (void)syscall(SYS_keyctl, KEYCTL_REVOKE, id);
    (void)syscall(SYS_keyctl, KEYCTL_UNLINK, id, KEY_SPEC_USER_KEYRING);
    return find(store) < 0;
}
