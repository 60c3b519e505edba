/* A key in a file: CRYPT_KEY_SIZE random bytes and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard/vault/private_folder.h"
#include "guard/vault/vault_key_internal.h"

#define KEY_NAME "vault.key"
#define NEW_NAME_SIZE sizeof(KEY_NAME ".new-0123456789abcdef")

/* Where the key is, for system calls and for sentences. */
struct place {
    int folder;
    char path[PATH_MAX + sizeof "/" KEY_NAME];
};

static void name_key(struct place *place, const char *folder) {
    snprintf(place->path, sizeof place->path, "%s/" KEY_NAME, folder);
}

static ingle_status check(const struct place *place, int fd, ingle_error *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return status_errno(err, errno, "look at", place->path);
    if (!S_ISREG(st.st_mode)) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", place->path);
    }
    if (st.st_uid != geteuid()) {
        return status_set(err, INGLE_REFUSED, 0, "The key file '%s' belongs to another user.",
                          place->path);
    }
    if (st.st_mode & 077) {
        return status_set(err, INGLE_REFUSED, 0,
                          "The key file '%s' is open to other users: its mode is %03o and should "
                          "be 600.",
                          place->path, (unsigned)st.st_mode & 0777);
    }
    if (st.st_size != CRYPT_KEY_SIZE) {
        return status_set(err, INGLE_INVALID, 0, "The key file '%s' has %jd bytes; a key has %d.",
                          place->path, (intmax_t)st.st_size, CRYPT_KEY_SIZE);
    }
    return INGLE_OK;
}

static ingle_status fill(const struct place *place, int fd, struct vault_key *key,
                         ingle_error *err) {
    INGLE_TRY(check(place, fd, err));
    ssize_t n = read(fd, key->bytes, CRYPT_KEY_SIZE);
    if (n < 0) return status_errno(err, errno, "read", place->path);
    /* Zeros are what some file systems leave of a file after a power cut. */
    if (n != CRYPT_KEY_SIZE || crypt_is_zero(key->bytes, CRYPT_KEY_SIZE)) {
        return status_set(err, INGLE_INVALID, 0, "The file '%s' holds no key.", place->path);
    }
    crypt_secret_keep(key->bytes);
    return INGLE_OK;
}

/* NOT_FOUND only if there is no such file. */
static ingle_status read_key(const struct place *place, struct vault_key *key, ingle_error *err) {
    int fd =
        openat(place->folder, KEY_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ELOOP || errno == ENXIO)) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", place->path);
    }
    if (fd < 0) return status_errno(err, errno, "open", place->path);
    ingle_status status = fill(place, fd, key, err);
    close(fd);
    return status;
}

/* The key has its name only when it is whole and on the disk, and whoever comes second to link()
 * has none: it then reads the first one's. */
static int write_key(const struct place *place, const char *new_name, const uint8_t *bytes) {
    int fd = openat(place->folder, new_name,
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (fd < 0) return errno;
    int errnum = 0;
    ssize_t n = write(fd, bytes, CRYPT_KEY_SIZE);
    if (n != CRYPT_KEY_SIZE) {
        errnum = n < 0 ? errno : ENOSPC;
    } else if (fsync(fd) != 0) {
        errnum = errno;
    }
    if (close(fd) != 0 && !errnum) errnum = errno;
    if (!errnum && linkat(place->folder, new_name, place->folder, KEY_NAME, 0) != 0 &&
        errno != EEXIST) {
        errnum = errno;
    }
    (void)unlinkat(place->folder, new_name, 0);
    if (!errnum && fsync(place->folder) != 0 && errno != EINVAL) errnum = errno;
    return errnum;
}

static ingle_status make_key(const struct place *place, ingle_error *err) {
    char new_name[NEW_NAME_SIZE];
    uint64_t number;
    void *bytes;
    INGLE_TRY(crypt_secret_new(&bytes, CRYPT_KEY_SIZE, err));
    crypt_random(bytes, CRYPT_KEY_SIZE);
    crypt_random(&number, sizeof number);
    snprintf(new_name, sizeof new_name, KEY_NAME ".new-%016" PRIx64, number);
    int errnum = write_key(place, new_name, bytes);
    crypt_secret_free(bytes);
    return errnum ? status_errno(err, errnum, "make the key file", place->path) : INGLE_OK;
}

static ingle_status open_in(struct vault_key **out, const struct place *place, bool may_make,
                            ingle_error *err) {
    struct vault_key *key;
    ingle_error missing;
    INGLE_TRY(vault_key_new(&key, err));
    ingle_status status = read_key(place, key, &missing);
    if (status == INGLE_NOT_FOUND && may_make) {
        status = make_key(place, err);
        if (status == INGLE_OK) status = read_key(place, key, err);
    } else if (status != INGLE_OK && err) {
        *err = missing;
    }
    if (status == INGLE_OK) {
        *out = key;
    } else {
        vault_key_close(key);
    }
    return status;
}

ingle_status vault_key_open_file(struct vault_key **out, const char *folder, ingle_error *err) {
    struct place place;
    *out = NULL;
    INGLE_TRY(crypt_start(err)); /* nothing is made on disk by a build that cannot use it */
    INGLE_TRY(private_folder_make(&place.folder, folder, err));
    name_key(&place, folder);
    ingle_status status = open_in(out, &place, true, err);
    close(place.folder);
    return status;
}

ingle_status vault_key_open_old_file(struct vault_key **out, const char *folder, ingle_error *err) {
    struct place place;
    *out = NULL;
    INGLE_TRY(crypt_start(err));
    INGLE_TRY(private_folder_open(&place.folder, folder, err));
    name_key(&place, folder);
    ingle_status status = open_in(out, &place, false, err);
    close(place.folder);
    return status;
}

/* Zeros first: the name of a file goes at once, its bytes may stay on the disk for long. (A file
 * system that writes elsewhere, or an SSD, may keep them nevertheless: docs/security.md.) */
static int overwrite(const struct place *place) {
    static const uint8_t zeros[CRYPT_KEY_SIZE];
    int fd = openat(place->folder, KEY_NAME, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return errno;
    int errnum = 0;
    if (write(fd, zeros, sizeof zeros) < 0 || fsync(fd) != 0) errnum = errno;
    close(fd);
    return errnum;
}

ingle_status vault_key_erase_file(const char *folder, ingle_error *err) {
    struct place place;
    INGLE_TRY(private_folder_open(&place.folder, folder, err));
    name_key(&place, folder);
    int errnum = overwrite(&place);
    if (!errnum && unlinkat(place.folder, KEY_NAME, 0) != 0) errnum = errno;
    if (!errnum && fsync(place.folder) != 0 && errno != EINVAL) errnum = errno;
    close(place.folder);
    return errnum ? status_errno(err, errnum, "erase the key file", place.path) : INGLE_OK;
}
