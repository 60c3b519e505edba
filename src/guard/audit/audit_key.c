/* One secret of 32 bytes in the folder; what signs and what salts is derived from it. */
#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "guard/audit/audit_internal.h"

#define LOCK_TRIES 400
#define LOCK_PAUSE_NS 5000000 /* two seconds in all */

static ingle_status derive(struct audit_key *out, const struct vault_key *key, ingle_error *err) {
    struct vault_key *seed;
    INGLE_TRY(vault_key_derive(&out->salt, key, "auditslt", err));
    INGLE_TRY(vault_key_derive(&seed, key, "auditsig", err));
    ingle_status status = vault_key_signer(&out->signer, out->public_key, seed, err);
    vault_key_close(seed);
    return status;
}

ingle_status audit_key_open(struct audit_key *out, const char *folder, ingle_error *err) {
    struct vault_key *key;
    *out = (struct audit_key){0};
    INGLE_TRY(vault_key_open_file(&key, folder, err));
    ingle_status status = derive(out, key, err);
    vault_key_close(key);
    if (status != INGLE_OK) audit_key_close(out);
    return status;
}

void audit_key_close(struct audit_key *key) {
    crypt_signer_free(key->signer);
    vault_key_close(key->salt);
    *key = (struct audit_key){0};
}

ingle_status audit_lock(int fd, int operation, const char *path, ingle_error *err) {
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, operation | LOCK_NB) == 0) return INGLE_OK;
        if (errno != EWOULDBLOCK && errno != EINTR) return status_errno(err, errno, "lock", path);
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
    }
    return status_set(err, INGLE_LIMIT, 0, "Another process holds the audit log '%s'.", path);
}
