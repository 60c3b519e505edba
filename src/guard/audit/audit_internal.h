/* The format of the audit log's records (drawn in audit.h) and of its head, for the code that
 * writes and the code that reads. */
#ifndef INGLE_GUARD_AUDIT_AUDIT_INTERNAL_H
#define INGLE_GUARD_AUDIT_AUDIT_INTERNAL_H

#include "guard/audit/audit.h"
#include "guard/vault/vault_key.h"

#define AUDIT_LOG "audit.log"
#define AUDIT_HEAD "audit.head"

#define AUDIT_FORMAT 1
#define AUDIT_LINE_MAX 2304       /* a record with all fields, and its newline */
#define AUDIT_CHECKPOINT_EVERY 64 /* records, at most, without a checkpoint */
#define AUDIT_HEX_TEXT (2 * AUDIT_HEX_MAX + 1)

/* ---- hex ---- */

void audit_put_hex(char *out, const uint8_t *bytes, size_t size); /* 2 * size + 1 characters */
BASE_NODISCARD bool audit_get_hex(uint8_t *out, const char *text, size_t size); /* lower case */

/* ---- records ---- */

/* What a record says of when and where. */
struct audit_moment {
    int64_t time_ns; /* since 1970 */
    uint64_t up_ms;
    char boot[40];
};
void audit_moment_now(struct audit_moment *out);

/* A line with its newline; *size of it. BAD_ARGUMENT for fields that break the rules. hash: of the
 * new record. salt: for digests. */
BASE_NODISCARD ingle_status audit_record_write(char line[AUDIT_LINE_MAX], size_t *size,
                                               uint8_t hash[AUDIT_HASH_SIZE],
                                               const struct audit_moment *now, enum audit_kind kind,
                                               const struct audit_field *fields, size_t n,
                                               const struct audit_mark *prev,
                                               const struct vault_key *salt, ingle_error *err);

/* One line without its newline. RULE_FORM, RULE_HASH or RULE_NONE; *out is filled as far as the
 * form is right. */
BASE_NODISCARD enum audit_rule audit_record_read(struct audit_record *out, const char *line,
                                                 size_t size);

/* Fields of the log's own kinds. False if there is no such field of that type and size. */
BASE_NODISCARD bool audit_field_hex(uint8_t *out, const struct audit_record *r, const char *name,
                                    size_t size);
BASE_NODISCARD bool audit_field_number(uint64_t *out, const struct audit_record *r,
                                       const char *name);

bool audit_is_kind(const struct audit_record *r, enum audit_kind kind);
bool audit_kind_is_synced(enum audit_kind kind);

/* Whether a record may follow `prev` in a log with this key (all zeros before record 1, which sets
 * it). */
BASE_NODISCARD enum audit_rule audit_record_follows(const struct audit_record *r,
                                                    const struct audit_mark *prev,
                                                    uint8_t key[CRYPT_PUBLIC_SIZE]);

/* What a checkpoint after `prev` signs. */
#define AUDIT_SIGNED_MAX 96
size_t audit_checkpoint_text(char out[AUDIT_SIGNED_MAX], const struct audit_mark *prev);

/* ---- the head ----
 *
 * Two copies of 1,024 bytes, a line of JSON each, filled up with spaces; the one with the higher
 * "n" is valid, and "n" is odd in the second. They are written by turns, so that a write that is
 * torn leaves the other; a new log has both. */
#define AUDIT_SLOT 1024

struct audit_place { /* a record and where it ends in the file */
    struct audit_mark mark;
    uint64_t end;
};

struct audit_head {
    uint64_t n;                /* times written */
    struct audit_place last;   /* the last record */
    struct audit_place synced; /* up to here the log was on the disk for certain */
    uint64_t checkpoint;       /* number of the last one; 0 */
    char boot[40];             /* when the head was written */
};

void audit_slot_write(char slot[AUDIT_SLOT], const struct audit_head *head,
                      const struct crypt_signer *signer);

/* The newer of both copies as they are in the file; false if none is one that the holder of the key
 * has signed. */
BASE_NODISCARD bool audit_slots_read(struct audit_head *out, const char slots[2 * AUDIT_SLOT],
                                     const uint8_t key[CRYPT_PUBLIC_SIZE]);

/* Whether both are; a newer one that is damaged would hide what it said. */
BASE_NODISCARD bool audit_slots_are_whole(const char slots[2 * AUDIT_SLOT],
                                          const uint8_t key[CRYPT_PUBLIC_SIZE]);

/* ---- the key ---- */

struct audit_key {
    struct crypt_signer *signer;
    struct vault_key *salt;
    uint8_t public_key[CRYPT_PUBLIC_SIZE];
};

/* Makes folder and key if they are missing. */
BASE_NODISCARD ingle_status audit_key_open(struct audit_key *out, const char *folder,
                                           ingle_error *err);
void audit_key_close(struct audit_key *key); /* zeroed is fine */

/* Waits for the lock of the log (LOCK_SH, LOCK_EX) for two seconds at most. */
BASE_NODISCARD ingle_status audit_lock(int fd, int operation, const char *path, ingle_error *err);

#endif
